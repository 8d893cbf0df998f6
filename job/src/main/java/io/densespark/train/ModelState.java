package io.densespark.train;

import java.io.Serializable;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * All that training changes in a graph, as plain arrays: cheap on the wire, where an INDArray
 * serialises float by float.
 *
 * @param step global steps done; DL4J's iteration count
 * @param epoch epochs done
 * @param stepInEpoch steps done of the epoch under way
 * @param parameters DL4J's flat parameter vector
 * @param updaterState DL4J's flat updater state; empty for updaters without one
 */
public record ModelState(
    int step, int epoch, int stepInEpoch, float[] parameters, float[] updaterState)
    implements Serializable {

  /** The state of a graph between epochs. */
  public static ModelState of(ComputationGraph graph) {
    return new ModelState(
        graph.getIterationCount(),
        graph.getEpochCount(),
        0,
        FlatVectors.toArray(graph.params()),
        FlatVectors.toArray(graph.getUpdater().getStateViewArray()));
  }

  /**
   * The state of a graph between epochs, in the arrays of an earlier one of the same graph, which
   * is lost.
   *
   * @param reused null: new arrays are made
   */
  public static ModelState of(ComputationGraph graph, ModelState reused) {
    if (reused == null) {
      return of(graph);
    }
    FlatVectors.copy(graph.params(), reused.parameters());
    FlatVectors.copy(graph.getUpdater().getStateViewArray(), reused.updaterState());
    return new ModelState(
        graph.getIterationCount(),
        graph.getEpochCount(),
        0,
        reused.parameters(),
        reused.updaterState());
  }

  /** The same state as one of {@code stepInEpoch} steps into an epoch. */
  public ModelState within(int stepsIntoEpoch) {
    return new ModelState(step, epoch, stepsIntoEpoch, parameters, updaterState);
  }

  /** Puts this state into a graph of the same configuration. */
  public void restoreTo(ComputationGraph graph) {
    FlatVectors.assign(graph.params(), parameters);
    FlatVectors.assign(graph.getUpdater().getStateViewArray(), updaterState);
    graph.getConfiguration().setIterationCount(step);
    graph.getConfiguration().setEpochCount(epoch);
  }

  /** SHA-256 of the parameters, see {@link FlatVectors#sha256}. */
  public String parametersSha256() {
    return FlatVectors.sha256(parameters);
  }
}
