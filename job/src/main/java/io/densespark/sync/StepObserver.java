package io.densespark.sync;

import io.densespark.train.StepMetrics;
import java.util.List;

/**
 * Told of steps while an epoch runs, every few seconds, and of the slots that do them, on a thread
 * of Spark's that serves nothing else.
 */
@FunctionalInterface
public interface StepObserver {

  /** Rank 0 has finished a step; called once a step, in order. */
  void onStep(StepMetrics metrics);

  /**
   * All slots have met and begin: at the start of an epoch, and again after a recovery.
   *
   * @param slots where each is, in order
   */
  default void onPlaced(List<SlotPlace> slots) {}

  /**
   * A replica was lost and the epoch goes on from the last step that all replicas had finished.
   *
   * @param attempt which attempt begins, from 2
   * @param reason what was lost, in Spark's words
   */
  default void onRecovery(int attempt, String reason) {}
}
