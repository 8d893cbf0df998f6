package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.sync.SyncException;

/** Chooses the world size of a run. */
final class Replicas {

  private Replicas() {}

  /**
   * As many as the settings say; otherwise as many as there are slots, or the next smaller number
   * that divides the global batch.
   *
   * @throws SyncException when there are fewer slots than replicas wanted
   */
  static int choose(RunConfig config, SparkConnection spark, int images) {
    int slots = spark.slots();
    if (config.sync().replicas().isPresent()) {
      int wanted = config.sync().replicas().getAsInt();
      if (wanted > slots) {
        throw new SyncException(
            SyncException.Reason.PREFLIGHT,
            "sync.replicas = %d need as many slots at once, %s offers %d: lower it or add cores"
                .formatted(wanted, config.run().master(), slots),
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
}
