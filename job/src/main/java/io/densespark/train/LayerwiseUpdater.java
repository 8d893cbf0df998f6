package io.densespark.train;

import io.densespark.text.Text;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * LARS and LAMB: updates whose length is a share of the length of the weights that they change,
 * layer by layer. Each rule is one chain of {@link UpdateTransform}s; biases and batch norm go past
 * those that are for weights, so they have neither decay nor trust ratio.
 *
 * <p>State and parameters are DL4J's flat vectors: LARS keeps its velocity where the graph's
 * Nesterov keeps one, LAMB its moments where the graph's Adam does. The graph's L2 coefficient is
 * the weight decay.
 */
final class LayerwiseUpdater {

  private final ComputationGraph graph;
  private final List<ParameterRange> ranges;
  private final List<UpdateTransform> chain;
  private final Map<String, Double> trustRatios = new LinkedHashMap<>();

  private final float[] update;
  private final float[] weights;
  private final float[][] state;

  /**
   * @param graph with DL4J's {@code Nesterovs} for LARS and {@code Adam} for LAMB
   * @throws IllegalArgumentException where the graph has another updater, or asks for more than L2
   */
  LayerwiseUpdater(ComputationGraph graph, UpdateConfig config) {
    this.graph = graph;
    this.ranges = ParameterRange.of(graph);
    boolean lars = config.layerwise() == UpdateConfig.Layerwise.LARS;
    Class<? extends IUpdater> needed = lars ? Nesterovs.class : Adam.class;
    IUpdater updater = null;
    for (ParameterRange range : ranges) {
      IUpdater found = range.updater();
      boolean right =
          found.getClass() == needed && (updater == null || found.equals(updater))
              || found instanceof NoOp;
      if (!right || !range.plain()) {
        throw new IllegalArgumentException(
            Text.format(
                "%s of %s: %s needs a graph with one updater, %s, and no regularisation but L2",
                found.getClass().getSimpleName(),
                range.name(),
                config.layerwise(),
                needed.getSimpleName()));
      }
      updater = found instanceof NoOp ? updater : found;
    }
    this.chain =
        lars
            ? List.of(
                new UpdateTransform.LarsRatio(config.trustCoefficient()),
                new UpdateTransform.Velocity((Nesterovs) updater))
            : List.of(
                new UpdateTransform.AdamDirection((Adam) updater),
                new UpdateTransform.Decay(),
                new UpdateTransform.LambRatio(),
                new UpdateTransform.Rate(updater));
    int longest = ranges.stream().mapToInt(ParameterRange::length).max().orElse(0);
    this.update = new float[longest];
    this.weights = new float[longest];
    this.state = new float[lars ? 1 : 2][longest];
  }

  /** By layer, the ratio that the last update was scaled by; weights alone have one. */
  Map<String, Double> trustRatios() {
    return trustRatios;
  }

  /** Updates parameters and state from the flat gradient, a sum over so many examples. */
  void apply(int step, int epoch, int examples) {
    FloatBuffer allGradients = FlatVectors.view(graph.getFlattenedGradients());
    FloatBuffer allParameters = FlatVectors.view(graph.params());
    INDArray stateVector = graph.getUpdater().getStateViewArray();
    FloatBuffer allState = FlatVectors.view(stateVector);
    for (ParameterRange range : ranges) {
      int n = range.length();
      allGradients.get(range.start(), update, 0, n);
      allParameters.get(range.start(), weights, 0, n);
      if (range.divided()) {
        for (int i = 0; i < n; i++) {
          update[i] /= examples;
        }
      }
      if (!(range.updater() instanceof NoOp)) {
        for (int k = 0; k < state.length; k++) {
          allState.get(range.state() + k * range.stateStride(), state[k], 0, n);
        }
        transform(range, step, epoch);
        for (int k = 0; k < state.length; k++) {
          allState.put(range.state() + k * range.stateStride(), state[k], 0, n);
        }
      }
      for (int i = 0; i < n; i++) {
        weights[i] -= update[i];
      }
      allParameters.put(range.start(), weights, 0, n);
    }
  }

  private void transform(ParameterRange range, int step, int epoch) {
    double decay = range.l2() == null ? 0 : range.l2().getL2().valueAt(step, epoch);
    UpdateTransform.Scope scope =
        new UpdateTransform.Scope(range.length(), weights, state, decay, step, epoch);
    for (UpdateTransform transform : chain) {
      if (range.weights() || !transform.forWeightsOnly()) {
        double ratio = transform.apply(update, scope);
        if (!Double.isNaN(ratio)) {
          trustRatios.put(range.name(), ratio);
        }
      }
    }
  }
}
