package io.densespark.sync;

/** Told of steps while an epoch runs, on a thread of Spark's, about once a second. */
@FunctionalInterface
public interface StepObserver {

  /** Rank 0 has finished a step; called once a step, in order. */
  void onStep(StepMetrics metrics);
}
