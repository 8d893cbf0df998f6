package io.densespark.engine.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * What a device is asked to do, one thing after the other. Streams go on side by side: an event is
 * what one waits for that another has come to.
 */
final class Stream {
  private final Device device;
  private final Driver driver;
  private final Pointer handle;

  Stream(Device device, Driver driver, Pointer handle) {
    this.device = device;
    this.driver = driver;
    this.handle = handle;
  }

  /** Copies to the device; the source may be changed when that is done, not before. */
  void upload(long dst, Pointer src, long count) {
    device.check(driver.cuMemcpyHtoDAsync_v2(dst, src, count, handle), "cuMemcpyHtoDAsync");
  }

  /** Copies from the device. */
  void download(Pointer dst, long src, long count) {
    device.check(driver.cuMemcpyDtoHAsync_v2(dst, src, count, handle), "cuMemcpyDtoHAsync");
  }

  /** The event is that everything asked so far is done. */
  void record(Pointer event) {
    device.check(driver.cuEventRecord(event, handle), "cuEventRecord");
  }

  /** What is asked from now on waits for an event as it was last recorded; for none, if never. */
  void waitFor(Pointer event) {
    device.check(driver.cuStreamWaitEvent(handle, event, 0), "cuStreamWaitEvent");
  }

  /** Has the calling thread wait until all that was asked is done. */
  void await() {
    device.check(driver.cuStreamSynchronize(handle), "cuStreamSynchronize");
  }

  /** Starts a kernel, or notes it down between {@link #capture}'s begin and end. */
  void launch(Pointer function, Launch launch) {
    Launch.Grid grid = launch.grid();
    try (Arguments arguments = new Arguments(launch.arguments())) {
      device.check(
          driver.cuLaunchKernel(
              function,
              grid.x(),
              grid.y(),
              grid.z(),
              Launch.THREADS,
              1,
              1,
              0,
              handle,
              arguments.pointers(),
              null),
          "cuLaunchKernel " + launch.kernel());
    }
  }

  /** Notes the launches of some work down as one graph, for {@link #launchGraph}. */
  Pointer capture(Runnable work) {
    PointerByReference result = new PointerByReference();
    device.check(
        driver.cuStreamBeginCapture_v2(handle, Driver.CAPTURE_THREAD_LOCAL),
        "cuStreamBeginCapture");
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      driver.cuStreamEndCapture(handle, result);
      throw e;
    }
    device.check(driver.cuStreamEndCapture(handle, result), "cuStreamEndCapture");
    return device.executable(result.getValue());
  }

  void launchGraph(Pointer graph) {
    device.check(driver.cuGraphLaunch(graph, handle), "cuGraphLaunch");
  }
}
