package io.densespark.train;

import io.densespark.text.Text;
import java.io.Serializable;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * All that training changes, after a step after which the parameters of all replicas are equal: an
 * epoch that starts from it ends with the bits of one that was never interrupted. It is what a
 * replica starts from, what it sends to the driver, and what a checkpoint holds. Vectors are plain
 * arrays: cheap on the wire, where an INDArray serialises float by float. They are not copied.
 *
 * @param epoch epochs done
 * @param step global steps done; DL4J's iteration count
 * @param parameters DL4J's flat parameter vector
 * @param updaterState DL4J's flat updater state, that of rank 0 where it is not averaged; empty for
 *     updaters without one
 * @param ema the moving average of the parameters; empty where none is kept, and before the first
 *     step
 * @param rankStates by rank, what it has of its own; empty before the first step, and where ranks
 *     are alike
 * @param steps the steps done of the epoch under way; empty between epochs
 */
public record TrainingState(
    int epoch,
    int step,
    float[] parameters,
    float[] updaterState,
    float[] ema,
    List<RankState> rankStates,
    List<StepMetrics> steps)
    implements Serializable {

  private static final float[] NO_EMA = new float[0];

  public TrainingState {
    rankStates = List.copyOf(rankStates);
    steps = List.copyOf(steps);
    if (epoch < 0 || step < steps.size()) {
      throw new IllegalArgumentException(
          Text.format(
              "a position of epoch %d, step %d, %d steps into an epoch is none: the epoch is 0 or more, and the step at least the steps of the epoch under way",
              epoch, step, steps.size()));
    }
  }

  /** A state without a moving average. */
  public TrainingState(
      int epoch,
      int step,
      float[] parameters,
      float[] updaterState,
      List<RankState> rankStates,
      List<StepMetrics> steps) {
    this(epoch, step, parameters, updaterState, NO_EMA, rankStates, steps);
  }

  /** The state of a graph between epochs. */
  public static TrainingState of(ComputationGraph graph) {
    return of(
        graph,
        FlatVectors.toArray(graph.params()),
        FlatVectors.toArray(graph.getUpdater().getStateViewArray()));
  }

  /**
   * The state of a graph between epochs, in the arrays of an earlier one of the same graph, which
   * is lost.
   *
   * @param reused null: new arrays are made
   */
  public static TrainingState of(ComputationGraph graph, TrainingState reused) {
    if (reused == null) {
      return of(graph);
    }
    FlatVectors.copy(graph.params(), reused.parameters);
    FlatVectors.copy(graph.getUpdater().getStateViewArray(), reused.updaterState);
    return of(graph, reused.parameters, reused.updaterState);
  }

  private static TrainingState of(
      ComputationGraph graph, float[] parameters, float[] updaterState) {
    return new TrainingState(
        graph.getEpochCount(),
        graph.getIterationCount(),
        parameters,
        updaterState,
        List.of(),
        List.of());
  }

  /** The same with a moving average of the parameters, which is not copied. */
  public TrainingState withEma(float[] newEma) {
    return new TrainingState(epoch, step, parameters, updaterState, newEma, rankStates, steps);
  }

  /** The same with the parameters that are evaluated and saved: their average, if there is one. */
  public TrainingState averaged() {
    float[] chosen = ema.length > 0 ? ema : parameters;
    return new TrainingState(epoch, step, chosen, updaterState, NO_EMA, rankStates, steps);
  }

  /** The same model with what the ranks hold beside it, as many steps into an epoch. */
  public TrainingState with(List<RankState> newRankStates, List<StepMetrics> newSteps) {
    return new TrainingState(epoch, step, parameters, updaterState, ema, newRankStates, newSteps);
  }

  /** Steps done of the epoch under way; 0 between epochs. */
  public int stepInEpoch() {
    return steps.size();
  }

  /** Puts this state into a graph of the same configuration. */
  public void restoreTo(ComputationGraph graph) {
    FlatVectors.assign(graph.params(), parameters);
    FlatVectors.assign(graph.getUpdater().getStateViewArray(), updaterState);
    graph.getConfiguration().setIterationCount(step);
    graph.getConfiguration().setEpochCount(epoch);
  }
}
