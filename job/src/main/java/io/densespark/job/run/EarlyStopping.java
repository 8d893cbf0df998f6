package io.densespark.job.run;

import io.densespark.metrics.EpochRecord;
import io.densespark.train.TrainConfig.EarlyStoppingConfig;
import java.util.List;

/**
 * Says when training is to end because accuracy rises no more, or is as high as asked for: a
 * function of the epochs done, so that a run which goes on decides as one that was never
 * interrupted.
 */
final class EarlyStopping {

  private final EarlyStoppingConfig config;
  private double best = Double.NEGATIVE_INFINITY;
  private int withoutGain;

  /**
   * @param earlier the epochs done before
   */
  EarlyStopping(EarlyStoppingConfig config, List<EpochRecord> earlier) {
    this.config = config;
    earlier.forEach(epoch -> add(epoch.selectionAccuracy()));
  }

  /** Takes the accuracy of another epoch; returns {@link #isDue()}. */
  boolean add(double accuracy) {
    // The best is the highest of all, so that many small rises do not add up to a gain each.
    withoutGain = accuracy > best + config.minGain() ? 0 : withoutGain + 1;
    best = Math.max(best, accuracy);
    return isDue();
  }

  /** Whether enough epochs in a row were without gain, or the target is reached. */
  boolean isDue() {
    return best >= config.target().orElse(Double.POSITIVE_INFINITY)
        || config.patience() > 0 && withoutGain >= config.patience();
  }
}
