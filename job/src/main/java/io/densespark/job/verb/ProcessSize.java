package io.densespark.job.verb;

import java.util.Map;

/**
 * What a process of the job needs, in MB: the figures that a scheduler's settings ask for.
 *
 * @param cores of the process; a driver needs one
 * @param threads that compute: one a slot; none in a driver, which waits
 * @param heapMegabytes Java's heap
 * @param nativeMegabytes tensors, outside the heap: JavaCPP's limit
 * @param overheadMegabytes all that is outside the heap: tensors, buffers of the network, the JVM
 *     itself and its libraries
 */
record ProcessSize(
    int cores, int threads, long heapMegabytes, long nativeMegabytes, long overheadMegabytes) {

  /** The JVM's code, classes, stacks and collector, and the pages of native libraries in use. */
  private static final long JVM_BYTES = 448L << 20;

  /** Spark's own objects in the heap, and the 300 MB that it keeps clear of its caches. */
  private static final long SPARK_BYTES = 512L << 20;

  /** Spark's network. */
  private static final long TRANSFER_BYTES = 64L << 20;

  private static final int STEP = 256;
  private static final long LEAST_HEAP = 1024;

  /** With a quarter more than was counted, for what garbage and smaller last batches take. */
  static ProcessSize of(
      int cores, int threads, long heapBytes, long nativeBytes, long directBytes) {
    long tensors = rounded(nativeBytes * 5 / 4);
    return new ProcessSize(
        cores,
        threads,
        Math.max(LEAST_HEAP, rounded(SPARK_BYTES + heapBytes * 5 / 4)),
        tensors,
        rounded((tensors << 20) + directBytes + TRANSFER_BYTES + JVM_BYTES));
  }

  private static long rounded(long bytes) {
    long step = (long) STEP << 20;
    return (bytes + step - 1) / step * STEP;
  }

  /** What its container must allow. */
  long totalMegabytes() {
    return heapMegabytes + overheadMegabytes;
  }

  /**
   * Settings of Spark's.
   *
   * @param process {@code spark.driver} or {@code spark.executor}
   */
  Map<String, String> settings(String process) {
    return Map.of(
        process + ".cores",
        Integer.toString(cores),
        process + ".memory",
        heapMegabytes + "m",
        process + ".memoryOverhead",
        overheadMegabytes + "m",
        process + ".extraJavaOptions",
        "-Dorg.bytedeco.javacpp.maxbytes="
            + nativeMegabytes
            + "m -Dorg.bytedeco.javacpp.maxphysicalbytes="
            + totalMegabytes()
            + "m");
  }
}
