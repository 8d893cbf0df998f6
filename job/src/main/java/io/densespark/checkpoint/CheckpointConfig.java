package io.densespark.checkpoint;

import java.time.Duration;
import java.util.Optional;

/**
 * When to make checkpoints and how many to keep. Several conditions may be set; the first one met
 * counts.
 *
 * @param everySteps steps between two checkpoints; 0: not by steps
 * @param everyEpochs epochs between two checkpoints; 0: not by epochs
 * @param every time between two checkpoints; empty: not by time
 * @param keepLast newest checkpoints kept, at least 1
 * @param keepBest checkpoints of the best test accuracy kept beside them
 */
public record CheckpointConfig(
    long everySteps, int everyEpochs, Optional<Duration> every, int keepLast, int keepBest) {

  public CheckpointConfig {
    if (everySteps < 0 || everyEpochs < 0 || keepBest < 0) {
      throw new IllegalArgumentException(
          "every-steps %d, every-epochs %d and keep-best %d: each 0 or more"
              .formatted(everySteps, everyEpochs, keepBest));
    }
    if (keepLast < 1) {
      throw new IllegalArgumentException(
          "keep-last %d: at least 1, or there is nothing to resume from".formatted(keepLast));
    }
    if (every.isPresent() && (every.get().isZero() || every.get().isNegative())) {
      throw new IllegalArgumentException(
          "A time of %s between checkpoints: more than 0".formatted(every.get()));
    }
  }

  /** Whether a checkpoint is due, given what happened since the last one. */
  public boolean due(long stepsSince, int epochsSince, Duration since) {
    return (everySteps > 0 && stepsSince >= everySteps)
        || (everyEpochs > 0 && epochsSince >= everyEpochs)
        || (every.isPresent() && since.compareTo(every.get()) >= 0);
  }
}
