package io.densespark.sync;

import io.densespark.engine.PlanSummary;
import io.densespark.train.StepMetrics;
import io.densespark.train.ThresholdState;
import io.densespark.train.TrainingState;
import java.io.Serializable;
import java.util.List;

/**
 * What a rank brings home from an epoch. Failures that repeating cannot mend come home as values:
 * an exception would make Spark run the stage again.
 *
 * @param rank the rank
 * @param failure why training cannot go on; null if it can
 * @param state the model after the epoch; rank 0 only
 * @param steps the epoch's steps; rank 0 only
 * @param plan what the plan runs on
 * @param residual what the threshold format has not sent yet; null for other formats
 */
record RankResult(
    int rank,
    Failure failure,
    TrainingState state,
    List<StepMetrics> steps,
    PlanSummary plan,
    ThresholdState residual)
    implements Serializable {

  /** What kind of failure it is, and the message for the user. */
  record Failure(Kind kind, String message) implements Serializable {
    enum Kind {
      /** Said by one rank, where the others see its consequence only: it comes first. */
      DATA,
      DIVERGED,
      UNSUPPORTED_GRAPH,
      ENGINE_UNAVAILABLE,
      WRONG_EXECUTOR
    }
  }

  static RankResult failed(int rank, Failure.Kind kind, String message) {
    return new RankResult(rank, new Failure(kind, message), null, List.of(), null, null);
  }
}
