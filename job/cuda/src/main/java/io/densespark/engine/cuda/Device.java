package io.densespark.engine.cuda;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.text.Text;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A GPU as one plan uses it: a stream and memory of the plan's own in the context that the process
 * shares. Whoever calls it does so on the thread that opened it.
 */
final class Device implements AutoCloseable {
  private final Driver driver;
  private final int device;
  private final String name;
  private final int computeCapability;
  private final int driverVersion;
  private final Pointer stream;
  private final Pointer context;
  private final Deque<Runnable> endings = new ArrayDeque<>();
  private long bytes;

  /**
   * @param address number of the device among those that this process sees
   * @throws EngineUnavailableException if there is no such device, or it cannot be used
   */
  Device(Driver driver, String address) {
    this.driver = driver;
    available(driver.cuInit(0), "cuInit");
    IntByReference number = new IntByReference();
    available(driver.cuDriverGetVersion(number), "cuDriverGetVersion");
    driverVersion = number.getValue();
    available(driver.cuDeviceGetCount(number), "cuDeviceGetCount");
    available(driver.cuDeviceGet(number, ordinal(address, number.getValue())), "cuDeviceGet");
    device = number.getValue();
    byte[] text = new byte[256];
    available(driver.cuDeviceGetName(text, text.length, device), "cuDeviceGetName");
    name = Native.toString(text, StandardCharsets.UTF_8);
    computeCapability = 10 * attribute(Driver.ATTRIBUTE_MAJOR) + attribute(Driver.ATTRIBUTE_MINOR);
    PointerByReference handle = new PointerByReference();
    available(driver.cuDevicePrimaryCtxRetain(handle, device), "cuDevicePrimaryCtxRetain");
    context = handle.getValue();
    endings.push(() -> driver.cuDevicePrimaryCtxRelease_v2(device));
    try {
      available(driver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
      available(driver.cuStreamCreate(handle, Driver.STREAM_NON_BLOCKING), "cuStreamCreate");
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    stream = handle.getValue();
    endings.push(() -> driver.cuStreamDestroy_v2(stream));
  }

  private static int ordinal(String address, int count) {
    int ordinal = address.matches("[0-9]{1,4}") ? Integer.parseInt(address) : -1;
    if (ordinal < 0 || ordinal >= count) {
      throw new EngineUnavailableException(
          Text.format(
              "engine cuda: the device '%s' is none of the %d that this process sees, numbered from"
                  + " 0; have the discovery script of spark.executor.resource.gpu print numbers,"
                  + " and see CUDA_VISIBLE_DEVICES",
              address, count),
          null);
    }
    return ordinal;
  }

  private int attribute(int attribute) {
    IntByReference value = new IntByReference();
    available(driver.cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
    return value.getValue();
  }

  /** Name of the architecture, as {@code sm_90}. */
  String architecture() {
    return "sm_" + computeCapability;
  }

  /** The device and its driver in words. */
  String description() {
    return Text.format("%s, driver %d.%d", name, driverVersion / 1000, driverVersion % 1000 / 10);
  }

  /** Makes the calling thread use this device, until another one is used on it. */
  void use() {
    check(driver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
  }

  /** Bytes allocated on the device. */
  long bytes() {
    return bytes;
  }

  /**
   * Memory on the device, freed with it. Its contents are undefined.
   *
   * @throws EngineUnavailableException if the device has not so much left
   */
  long allocate(long count) {
    LongByReference address = new LongByReference();
    int error = driver.cuMemAlloc_v2(address, Math.max(1, count));
    if (error == Driver.ERROR_OUT_OF_MEMORY) {
      throw new EngineUnavailableException(
          Text.format(
              "engine cuda: %s has no %d bytes left beside the plan's %d; set a smaller"
                  + " train.batch-size or evaluation.batch-size",
              name, count, bytes),
          null);
    }
    check(error, "cuMemAlloc");
    long allocated = address.getValue();
    endings.push(() -> driver.cuMemFree_v2(allocated));
    bytes += count;
    return allocated;
  }

  /** Memory of this machine that the device copies from and to, freed with it. */
  Pointer allocateHost(long count) {
    PointerByReference address = new PointerByReference();
    check(driver.cuMemAllocHost_v2(address, Math.max(1, count)), "cuMemAllocHost");
    Pointer allocated = address.getValue();
    endings.push(() -> driver.cuMemFreeHost(allocated));
    return allocated;
  }

  /** Copies to the device when what was asked before is done. */
  void upload(long dst, Pointer src, long count) {
    check(driver.cuMemcpyHtoDAsync_v2(dst, src, count, stream), "cuMemcpyHtoDAsync");
  }

  /** Copies from the device when what was asked before is done. */
  void download(Pointer dst, long src, long count) {
    check(driver.cuMemcpyDtoHAsync_v2(dst, src, count, stream), "cuMemcpyDtoHAsync");
  }

  /** Waits until all that was asked is done. */
  void await() {
    check(driver.cuStreamSynchronize(stream), "cuStreamSynchronize");
  }

  /** Loads compiled kernels. */
  Pointer loadModule(byte[] image) {
    PointerByReference module = new PointerByReference();
    check(driver.cuModuleLoadData(module, image), "cuModuleLoadData");
    Pointer loaded = module.getValue();
    endings.push(() -> driver.cuModuleUnload(loaded));
    return loaded;
  }

  Pointer function(Pointer module, String kernel) {
    PointerByReference function = new PointerByReference();
    check(driver.cuModuleGetFunction(function, module, kernel), "cuModuleGetFunction " + kernel);
    return function.getValue();
  }

  /** Starts a kernel, or notes it down between {@link #capture}'s begin and end. */
  void launch(Pointer function, Launch launch) {
    Launch.Grid grid = launch.grid();
    try (Arguments arguments = new Arguments(launch.arguments())) {
      check(
          driver.cuLaunchKernel(
              function,
              grid.x(),
              grid.y(),
              grid.z(),
              Launch.THREADS,
              1,
              1,
              0,
              stream,
              arguments.pointers(),
              null),
          "cuLaunchKernel " + launch.kernel());
    }
  }

  /** Notes the launches of some work down as one graph, for {@link #launchGraph}. */
  Pointer capture(Runnable work) {
    PointerByReference handle = new PointerByReference();
    check(
        driver.cuStreamBeginCapture_v2(stream, Driver.CAPTURE_THREAD_LOCAL),
        "cuStreamBeginCapture");
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      driver.cuStreamEndCapture(stream, handle);
      throw e;
    }
    check(driver.cuStreamEndCapture(stream, handle), "cuStreamEndCapture");
    Pointer graph = handle.getValue();
    int error = driver.cuGraphInstantiateWithFlags(handle, graph, 0);
    driver.cuGraphDestroy(graph);
    check(error, "cuGraphInstantiate");
    Pointer executable = handle.getValue();
    endings.push(() -> driver.cuGraphExecDestroy(executable));
    return executable;
  }

  void launchGraph(Pointer graph) {
    check(driver.cuGraphLaunch(graph, stream), "cuGraphLaunch");
  }

  private void available(int error, String call) {
    if (error != 0) {
      throw new EngineUnavailableException(
          Text.format(
              "engine cuda: the driver finds no GPU that can be used (%s: %s); look at nvidia-smi"
                  + " and CUDA_VISIBLE_DEVICES, or set engine.name = auto",
              call, text(error)),
          null);
    }
  }

  private void check(int error, String call) {
    if (error != 0) {
      throw new IllegalStateException(
          Text.format("engine cuda: %s failed on %s: %s", call, name, text(error)));
    }
  }

  private String text(int error) {
    PointerByReference text = new PointerByReference();
    boolean known = driver.cuGetErrorString(error, text) == 0 && text.getValue() != null;
    return "error " + error + (known ? ", " + text.getValue().getString(0) : "");
  }

  /**
   * Frees what was made here, the last first. What fails here, fails for a reason reported before.
   */
  @Override
  public void close() {
    driver.cuCtxSetCurrent(context);
    while (!endings.isEmpty()) {
      endings.pop().run();
    }
  }
}
