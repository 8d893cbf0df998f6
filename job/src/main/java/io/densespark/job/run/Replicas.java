package io.densespark.job.run;

import io.densespark.checkpoint.Checkpoint;
import io.densespark.config.RunConfig;
import io.densespark.job.SparkConnection;
import io.densespark.sync.Preflight;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncException;
import java.util.Optional;

/** Chooses the world size of a run. */
final class Replicas {

  private Replicas() {}

  /**
   * As many as the settings say; otherwise as many as there are slots, or the next smaller number
   * that divides the global batch.
   *
   * @throws SyncException when there are fewer slots than replicas wanted
   */
  static int choose(
      RunConfig config, SparkConnection spark, int images, Optional<Checkpoint> resumed) {
    Preflight.requireSettings(spark.context());
    if (config.sync().mode() != SyncConfig.Mode.DL4J_PARAMETER_AVERAGING) {
      Preflight.requirePlainNetwork(spark.context());
    }
    int slots = spark.slots();
    if (resumed.isPresent()) {
      return sameAsBefore(config, slots, resumed.get().worldSize());
    }
    if (config.sync().replicas().isPresent()) {
      int wanted = config.sync().replicas().getAsInt();
      if (wanted > slots) {
        throw new SyncException(
            SyncException.Reason.PREFLIGHT,
            "sync.replicas = %d need as many slots at once, %s offers %d: lower it or add cores (workers, spark.cores.max, spark.executor.cores); a slot is spark.task.cpus = %s cores"
                .formatted(
                    wanted,
                    config.run().master(),
                    slots,
                    spark.context().getConf().get("spark.task.cpus", "1")),
            null);
      }
      return wanted;
    }
    int replicas = Math.min(slots, Math.min(images, config.train().batchSize()));
    while (config.train().batchSize() % replicas != 0) {
      replicas--;
    }
    return replicas;
  }

  private static int sameAsBefore(RunConfig config, int slots, int before) {
    if (slots < before) {
      throw new SyncException(
          SyncException.Reason.PREFLIGHT,
          "the run to resume has %d replicas, %s offers %d slots: add cores, or start over with --fresh"
              .formatted(before, config.run().master(), slots),
          null);
    }
    return before;
  }
}
