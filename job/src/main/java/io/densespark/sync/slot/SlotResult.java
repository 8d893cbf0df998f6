package io.densespark.sync.slot;

import io.densespark.data.DataException;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.PlanSummary;
import io.densespark.engine.UnsupportedGraphException;
import io.densespark.sync.SyncException;
import io.densespark.train.DivergedException;
import io.densespark.train.RankState;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What a slot brings home from an epoch. Failures that repeating cannot mend come home as values:
 * an exception would make Spark run the stage again.
 *
 * @param slot its number
 * @param failure why training cannot go on; null if it can
 * @param state the model after the epoch; slot 0 only
 * @param steps the epoch's steps; slot 0 only
 * @param plan what the plan runs on
 * @param trustRatios by layer, what the last update was scaled by; empty for most rules
 * @param rankStates what its ranks have of their own; empty where all are alike
 */
public record SlotResult(
    int slot,
    Failure failure,
    TrainingState state,
    List<StepMetrics> steps,
    PlanSummary plan,
    Map<String, Double> trustRatios,
    List<RankState> rankStates)
    implements Serializable {

  /** What kind of failure it is, and the message for the user. */
  public record Failure(Kind kind, String message) implements Serializable {
    /** What kind it is. */
    public enum Kind {
      /** Said by one slot, where the others see its consequence only: it comes first. */
      DATA,
      DIVERGED,
      UNSUPPORTED_GRAPH,
      ENGINE_UNAVAILABLE,
      WRONG_EXECUTOR,
      MEMORY
    }

    /** What the user is told by it. */
    public RuntimeException toException() {
      return switch (kind) {
        case DATA -> new DataException(message);
        case DIVERGED -> new DivergedException(message);
        case UNSUPPORTED_GRAPH -> new UnsupportedGraphException(message);
        case ENGINE_UNAVAILABLE -> new EngineUnavailableException(message, null);
        case WRONG_EXECUTOR, MEMORY -> SyncException.refused(message);
      };
    }
  }

  static SlotResult failed(int slot, Failure.Kind kind, String message) {
    return new SlotResult(
        slot, new Failure(kind, message), null, List.of(), null, Map.of(), List.of());
  }
}
