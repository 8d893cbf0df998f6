package io.densespark.devices;

import io.densespark.text.Text;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;

/** Spark's settings of GPUs: each slot has one of its own, or none has any. */
public final class GpuSettings {

  /** Spark's name of the resource. */
  static final String GPU = "gpu";

  private static final String OF_EXECUTOR = "spark.executor.resource.gpu.";
  private static final String EXECUTOR_AMOUNT = OF_EXECUTOR + "amount";
  private static final String TASK_AMOUNT = "spark.task.resource.gpu.amount";
  private static final String CORES = "spark.executor.cores";
  private static final String TASK_CPUS = "spark.task.cpus";
  private static final String NOT_SET = "(not set)";

  private GpuSettings() {}

  /** Whether executors or tasks are to have GPUs. */
  public static boolean areSet(SparkConf conf) {
    return conf.contains(EXECUTOR_AMOUNT) || conf.contains(TASK_AMOUNT);
  }

  /**
   * Why slots would not get a GPU each, or would wait for one without end, and what to set; empty
   * where they will, or are to have none.
   *
   * @param needed whether they cannot do without
   */
  public static Optional<String> refusal(SparkConf conf, boolean needed) {
    String master = conf.get("spark.master", "");
    boolean inOneProcess = master.equals("local") || master.startsWith("local[");
    if (!areSet(conf)) {
      return needed && !inOneProcess
          ? Optional.of(
              Text.format(
                  "the engine computes on GPUs, and Spark is to assign none: set %s=1 and %s=1"
                      + " (conf/spark-*.properties), or another engine.name",
                  EXECUTOR_AMOUNT, TASK_AMOUNT))
          : Optional.empty();
    }
    if (inOneProcess) {
      return Optional.of(
          Text.format(
              "%s assigns no GPUs, so that its tasks would wait for them without end: leave out %s"
                  + " and %s, or take a cluster: scripts/cluster starts one on this machine",
              master, EXECUTOR_AMOUNT, TASK_AMOUNT));
    }
    String ofExecutor = conf.get(EXECUTOR_AMOUNT, NOT_SET);
    String ofTask = conf.get(TASK_AMOUNT, NOT_SET);
    OptionalInt gpus = whole(ofExecutor);
    if (gpus.isEmpty() || !ofTask.matches("1(\\.0*)?")) {
      return Optional.of(
          Text.format(
              "%s = %s and %s = %s: a slot has one GPU, and shares it with no other; set the first"
                  + " to the number of GPUs of an executor, 1 or more, and the second to 1",
              EXECUTOR_AMOUNT, ofExecutor, TASK_AMOUNT, ofTask));
    }
    return missing(conf, master).or(() -> unequal(conf, master, gpus.getAsInt()));
  }

  /** What executors need to find their GPUs where no worker of Spark's does. */
  private static Optional<String> missing(SparkConf conf, String master) {
    boolean kubernetes = master.startsWith("k8s");
    boolean found =
        conf.contains(OF_EXECUTOR + "discoveryScript")
            || conf.contains("spark.resources.discoveryPlugin");
    if ((kubernetes || master.startsWith("yarn")) && !found) {
      return Optional.of(
          Text.format(
              "on %s executors find their GPUs by a script, and %sdiscoveryScript is not set: set"
                  + " it to where conf/discover-gpus lies on them",
              master, OF_EXECUTOR));
    }
    if (kubernetes && !conf.contains(OF_EXECUTOR + "vendor")) {
      return Optional.of(
          Text.format(
              "Kubernetes knows GPUs by their vendor: set %svendor=nvidia.com", OF_EXECUTOR));
    }
    return Optional.empty();
  }

  /**
   * An executor has as many slots as its cores make, as far as they are known, and as many GPUs.
   */
  private static Optional<String> unequal(SparkConf conf, String master, int gpus) {
    String unset = master.startsWith("yarn") || master.startsWith("k8s") ? "1" : NOT_SET;
    OptionalInt cores = whole(conf.get(CORES, unset));
    OptionalInt cpus = whole(conf.get(TASK_CPUS, "1"));
    if (cores.isEmpty() || cpus.isEmpty() || cores.getAsInt() < cpus.getAsInt()) {
      return Optional.empty();
    }
    int slots = cores.getAsInt() / cpus.getAsInt();
    return slots == gpus
        ? Optional.empty()
        : Optional.of(
            Text.format(
                "%s = %d makes %d slots an executor (%s = %d), %s = %d as many with a GPU: set"
                    + " %s=%d or %s=%d",
                CORES,
                cores.getAsInt(),
                slots,
                TASK_CPUS,
                cpus.getAsInt(),
                EXECUTOR_AMOUNT,
                gpus,
                CORES,
                gpus * cpus.getAsInt(),
                EXECUTOR_AMOUNT,
                slots));
  }

  /** Where to look when executors or slots do not come; empty where they are to have no GPUs. */
  public static String hint(SparkConf conf) {
    return areSet(conf)
        ? Text.format(
            ". Each executor is to have GPUs, %s = %s: do workers hold as many"
                + " (spark.worker.resource.gpu.amount), is the discovery script executable where"
                + " they are, and does it print as many addresses (conf/discover-gpus)? The logs of"
                + " workers and executors have its words",
            EXECUTOR_AMOUNT, conf.get(EXECUTOR_AMOUNT, NOT_SET))
        : "";
  }

  /** A number from 1. */
  private static OptionalInt whole(String text) {
    return text.matches("[1-9]\\d{0,8}")
        ? OptionalInt.of(Integer.parseInt(text))
        : OptionalInt.empty();
  }
}
