package io.densespark.job;

import io.densespark.text.Text;
import org.apache.spark.SparkConf;

/** What Java's heaps must hold before anything is begun. */
public final class Memory {

  /** Spark starts neither a driver nor executors with less. */
  private static final long LEAST_HEAP = 450L << 20;

  private static final String EXECUTOR_MEMORY = "spark.executor.memory";

  private Memory() {}

  /** Heap that this JVM may use, in MB. */
  public static long heapMegabytes() {
    return Runtime.getRuntime().maxMemory() >> 20;
  }

  /** Throws where this JVM's heap is too small for a driver. */
  public static void requireHeap() {
    if (Runtime.getRuntime().maxMemory() < LEAST_HEAP) {
      throw tooSmall(
          Text.format("Java's heap may grow to %d MB", heapMegabytes()),
          "raise -Xmx (DENSESPARK_JAVA_OPTIONS=-Xmx2g, or spark-submit --driver-memory 2g)");
    }
  }

  /** Throws where the settings give executors a heap that is too small, or none that is a size. */
  static void requireExecutorHeap(SparkConf conf) {
    if (conf.contains(EXECUTOR_MEMORY) && executorHeap(conf) < LEAST_HEAP) {
      throw tooSmall(
          Text.format("%s = %s", EXECUTOR_MEMORY, conf.get(EXECUTOR_MEMORY)),
          "raise it, to 2g for example");
    }
  }

  private static long executorHeap(SparkConf conf) {
    try {
      return conf.getSizeAsBytes(EXECUTOR_MEMORY);
    } catch (NumberFormatException e) {
      throw new JobException(
          ExitCode.PREFLIGHT,
          Text.format(
              "%s = %s is no size: give a number with its unit, as 2g",
              EXECUTOR_MEMORY, conf.get(EXECUTOR_MEMORY)),
          e);
    }
  }

  private static JobException tooSmall(String have, String advice) {
    return new JobException(
        ExitCode.PREFLIGHT,
        Text.format(
            "Spark needs a heap of %d MB at least, but %s: %s", LEAST_HEAP >> 20, have, advice),
        null);
  }
}
