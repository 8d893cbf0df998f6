package io.densespark.sync;

import io.densespark.sync.collective.ThresholdState;
import io.densespark.train.ModelState;
import java.io.Serializable;
import java.util.List;

/**
 * All that the replicas of a run hold together after a step after which they are equal: an epoch
 * that starts from it ends with the bits of one that was never interrupted.
 *
 * @param model the model, the same on every rank, with the position in the epoch
 * @param residuals by rank, what the threshold format has not sent yet; empty before the first step
 *     and for formats that send everything
 * @param steps the steps of the epoch under way, as many as {@code model.stepInEpoch()}
 */
public record Snapshot(ModelState model, List<ThresholdState> residuals, List<StepMetrics> steps)
    implements Serializable {

  public Snapshot {
    residuals = List.copyOf(residuals);
    steps = List.copyOf(steps);
    if (steps.size() != model.stepInEpoch()) {
      throw new IllegalArgumentException(
          "a snapshot after step %d of an epoch needs the metrics of these steps, got %d"
              .formatted(model.stepInEpoch(), steps.size()));
    }
  }
}
