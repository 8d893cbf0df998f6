package io.densespark.engine.cuda;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.settings.CanonicalText;
import io.densespark.text.Text;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A GPU as one plan uses it: streams and memory of the plan's own in the context that the process
 * shares. Whoever calls it does so on the thread that opened it.
 */
final class Device implements AutoCloseable {
  /** Ten times the compute capability from which there are products in bfloat16 and TF32. */
  private static final int TENSOR_CORES = 80;

  private final Driver driver;
  private final int device;
  private final String name;
  private final int computeCapability;
  private final int driverVersion;
  private final Stream compute;
  private final Stream copies;
  private final Pointer context;
  private final List<Pointer> streams = new ArrayList<>();
  private final Deque<Runnable> endings = new ArrayDeque<>();
  private long bytes;
  private long bytesHere;

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
      compute = stream();
      copies = stream();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private Stream stream() {
    PointerByReference handle = new PointerByReference();
    available(driver.cuStreamCreate(handle, Driver.STREAM_NON_BLOCKING), "cuStreamCreate");
    Pointer stream = handle.getValue();
    streams.add(stream);
    endings.push(() -> driver.cuStreamDestroy_v2(stream));
    return new Stream(this, driver, stream);
  }

  private static int ordinal(String address, int count) {
    int ordinal = address.matches("[0-9]{1,4}") ? Integer.parseInt(address) : -1;
    if (ordinal < 0 || ordinal >= count) {
      throw new EngineUnavailableException(
          Text.format(
              "engine cuda: the device '%s' is none of the %d that this process sees, numbered from"
                  + " 0; a master local[n] takes n of them, elsewhere have the discovery script of"
                  + " spark.executor.resource.gpu print numbers; and see CUDA_VISIBLE_DEVICES",
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

  /**
   * @throws EngineUnavailableException if this device does not multiply at a precision
   */
  void requireTensorCores(Precision precision) {
    if (computeCapability < TENSOR_CORES) {
      throw new EngineUnavailableException(
          Text.format(
              "engine cuda: engine.precision = %s needs a GPU of compute capability 8.0 or later, %s"
                  + " has %d.%d; set fp32",
              CanonicalText.of(precision), name, computeCapability / 10, computeCapability % 10),
          null);
    }
  }

  /** The device and its driver in words. */
  String description() {
    return Text.format("%s, driver %d.%d", name, driverVersion / 1000, driverVersion % 1000 / 10);
  }

  /** Makes the calling thread use this device, until another one is used on it. */
  void use() {
    check(driver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
  }

  /** Bytes allocated on the device and for it on this machine. */
  long bytes() {
    return bytes + bytesHere;
  }

  /**
   * Memory on the device, freed with it. Its contents are undefined.
   *
   * @throws EngineUnavailableException if the device has not so much left
   */
  long allocate(long count) {
    LongByReference address = new LongByReference();
    allocated(driver.cuMemAlloc_v2(address, Math.max(1, count)), "cuMemAlloc", name, count);
    long allocated = address.getValue();
    endings.push(() -> driver.cuMemFree_v2(allocated));
    bytes += count;
    return allocated;
  }

  private void allocated(int error, String call, String where, long count) {
    if (error == Driver.ERROR_OUT_OF_MEMORY) {
      throw new EngineUnavailableException(
          Text.format(
              "engine cuda: %s has no %d bytes left beside the plan's %d; set a smaller"
                  + " train.batch-size or evaluation.batch-size",
              where, count, bytes()),
          null);
    }
    check(error, call);
  }

  /** Memory of this machine that the device copies from and to, freed with it. */
  Pointer allocateHost(long count) {
    PointerByReference address = new PointerByReference();
    allocated(
        driver.cuMemAllocHost_v2(address, Math.max(1, count)),
        "cuMemAllocHost",
        "this machine",
        count);
    Pointer allocated = address.getValue();
    endings.push(() -> driver.cuMemFreeHost(allocated));
    bytesHere += count;
    return allocated;
  }

  /** The stream of the steps. */
  Stream compute() {
    return compute;
  }

  /** The stream of copies that go on beside them. */
  Stream copies() {
    return copies;
  }

  /** An event that was never recorded, freed with the device. */
  Pointer event() {
    PointerByReference handle = new PointerByReference();
    check(driver.cuEventCreate(handle, Driver.EVENT_WITHOUT_TIME), "cuEventCreate");
    Pointer event = handle.getValue();
    endings.push(() -> driver.cuEventDestroy_v2(event));
    return event;
  }

  /** Has the calling thread wait for an event as it was last recorded; for none, if never. */
  void await(Pointer event) {
    check(driver.cuEventSynchronize(event), "cuEventSynchronize");
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

  /** What is launched as a graph, in the place of the graph itself. */
  Pointer executable(Pointer graph) {
    PointerByReference handle = new PointerByReference();
    int error = driver.cuGraphInstantiateWithFlags(handle, graph, 0);
    driver.cuGraphDestroy(graph);
    check(error, "cuGraphInstantiate");
    Pointer executable = handle.getValue();
    endings.push(() -> driver.cuGraphExecDestroy(executable));
    return executable;
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

  /** Throws if a call of the driver gave an error. */
  void check(int error, String call) {
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
   * Frees what was made here, the last first, once the device has done what it was asked. What
   * fails here, fails for a reason reported before.
   */
  @Override
  public void close() {
    driver.cuCtxSetCurrent(context);
    streams.forEach(driver::cuStreamSynchronize);
    while (!endings.isEmpty()) {
      endings.pop().run();
    }
  }
}
