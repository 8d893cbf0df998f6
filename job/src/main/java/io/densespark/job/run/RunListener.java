package io.densespark.job.run;

import io.densespark.evaluation.EvaluationResult;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MistakeRecord;
import io.densespark.sync.SlotPlace;
import io.densespark.sync.StepObserver;
import io.densespark.train.StepMetrics;
import java.util.List;

/**
 * Told of a run while it goes on. Steps, places and recoveries come on a thread of Spark's, the
 * rest on the thread that trains; what a listener throws there ends the run.
 */
interface RunListener extends StepObserver {

  /**
   * What is there at the end of an epoch.
   *
   * @param record its figures
   * @param results of the images that it was evaluated on last: the test images, or those held out
   * @param mistakes those of them that the model was surest of and wrong about
   * @param isLast whether no epoch comes after it
   * @param trainer holds the model, which goes on changing after the call
   */
  record EpochEnd(
      EpochRecord record,
      EvaluationResult results,
      List<MistakeRecord> mistakes,
      boolean isLast,
      Trainer trainer) {}

  @Override
  default void onStep(StepMetrics step) {}

  /** The replicas have finished an epoch, which is not evaluated yet. */
  default void onTrained(Trainer.Epoch trained) {}

  /** An epoch is trained and evaluated. */
  default void onEpoch(EpochEnd end) {}

  /** Listeners as one observer, told in their order. */
  static StepObserver observing(List<RunListener> listeners) {
    return new StepObserver() {
      @Override
      public void onStep(StepMetrics step) {
        listeners.forEach(listener -> listener.onStep(step));
      }

      @Override
      public void onPlaced(List<SlotPlace> slots) {
        listeners.forEach(listener -> listener.onPlaced(slots));
      }

      @Override
      public void onRecovery(int attempt, String reason) {
        listeners.forEach(listener -> listener.onRecovery(attempt, reason));
      }
    };
  }
}
