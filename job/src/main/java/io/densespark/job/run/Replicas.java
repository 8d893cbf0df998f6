package io.densespark.job.run;

import io.densespark.checkpoint.Checkpoint;
import io.densespark.config.RunConfig;
import io.densespark.job.SparkConnection;
import io.densespark.settings.CanonicalText;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncException;
import io.densespark.sync.master.Preflight;
import io.densespark.text.Text;
import io.densespark.train.StepCounts;
import java.util.Optional;
import java.util.function.Consumer;

/** Chooses the world size of a run. */
final class Replicas {

  private Replicas() {}

  /**
   * As many as the run has already, or as the settings say; otherwise as many as there are slots,
   * or the next smaller number that divides the global batch.
   *
   * @throws SyncException when DL4J's own masters have fewer slots than replicas
   */
  static int choose(
      RunConfig config,
      SparkConnection spark,
      int images,
      Optional<Checkpoint> resumed,
      Consumer<String> warning) {
    Preflight.requireSettings(spark.context());
    if (config.sync().mode() == SyncConfig.Mode.DL4J_GRADIENT_SHARING) {
      Preflight.requirePlainNetwork(spark.context());
    }
    int slots = spark.slots();
    if (resumed.isPresent()) {
      return requireSlots(config, spark, resumed.get().worldSize());
    }
    if (config.sync().replicas().isPresent()) {
      return requireSlots(config, spark, config.sync().replicas().getAsInt());
    }
    int batch = config.train().batchSize();
    int replicas = StepCounts.replicas(slots, images, batch);
    if (replicas < slots) {
      warning.accept(
          Text.format(
              "%s of %s slots have a replica: replicas share the images, and evenly the batch of"
                  + " %s; a train.batch-size that %s divides would use all",
              replicas, slots, batch, slots));
    }
    return replicas;
  }

  /** Replicas of our own share whatever slots there are; one of DL4J's needs a slot of its own. */
  private static int requireSlots(RunConfig config, SparkConnection spark, int replicas) {
    int slots = spark.slots();
    if (config.sync().mode().isDl4j() && replicas > slots) {
      throw new SyncException(
          SyncException.Reason.PREFLIGHT,
          Text.format(
              "sync.replicas = %d with sync.mode = %s need as many slots at once, %s offers %d:"
                  + " lower it or add cores (workers, spark.cores.max, spark.executor.cores), or"
                  + " use sync.mode = gradient-sharing or parameter-averaging; a slot is"
                  + " spark.task.cpus = %s cores",
              replicas,
              CanonicalText.of(config.sync().mode()),
              config.run().master(),
              slots,
              spark.context().getConf().get("spark.task.cpus", "1")),
          null);
    }
    return replicas;
  }
}
