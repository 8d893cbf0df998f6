package io.densespark.checkpoint;

import io.densespark.text.Text;
import io.densespark.train.TrainingState;

/**
 * A state of a run, and what must be the same when the run goes on from it.
 *
 * @param worldSize replicas
 * @param configHash of the settings that alter the result
 * @param accuracy accuracy of these very parameters; NaN if they were not evaluated
 * @param bestAccuracy best accuracy so far; NaN if never evaluated
 */
public record Checkpoint(
    TrainingState state, int worldSize, String configHash, double accuracy, double bestAccuracy) {

  public Checkpoint {
    if (worldSize < 1) {
      throw new IllegalArgumentException(Text.format("World size %d: at least 1", worldSize));
    }
  }

  boolean evaluated() {
    return !Double.isNaN(accuracy);
  }
}
