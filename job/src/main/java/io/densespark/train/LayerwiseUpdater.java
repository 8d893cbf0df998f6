package io.densespark.train;

import io.densespark.engine.DeviceUpdate;
import io.densespark.engine.DeviceUpdate.Rule;
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
  private final boolean lars;
  private final double trustCoefficient;
  private final IUpdater updater;
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
    this.lars = config.layerwise() == UpdateConfig.Layerwise.LARS;
    this.trustCoefficient = config.trustCoefficient();
    Class<? extends IUpdater> needed = lars ? Nesterovs.class : Adam.class;
    IUpdater common = null;
    for (ParameterRange range : ranges) {
      IUpdater found = range.updater();
      boolean right =
          found.getClass() == needed && (common == null || found.equals(common))
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
      common = found instanceof NoOp ? common : found;
    }
    this.updater = common;
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

  /**
   * The update as devices make it, with the same bits but for what lengths are rounded to, as they
   * are added up in another order.
   */
  DeviceUpdate onDevice(int step, int epoch, int examples, double clipNorm) {
    List<DeviceUpdate.Run> runs =
        ranges.stream().map(range -> onDevice(range, step, epoch)).toList();
    return new DeviceUpdate(runs, examples, clipNorm);
  }

  private DeviceUpdate.Run onDevice(ParameterRange range, int step, int epoch) {
    boolean none = range.updater() instanceof NoOp;
    boolean trusts = range.weights() && !none;
    return new DeviceUpdate.Run(
        range.start(),
        range.end(),
        range.state(),
        range.stateStride(),
        none ? Rule.UNCHANGED : lars ? Rule.LARS : Rule.LAMB,
        none ? List.of() : coefficients(step, epoch),
        range.divided(),
        !range.statistics(),
        trusts ? decay(range, step, epoch) : 0,
        !trusts ? 0 : lars ? trustCoefficient : 1);
  }

  private List<Float> coefficients(int step, int epoch) {
    float rate = (float) updater.getLearningRate(step, epoch);
    if (updater instanceof Nesterovs nesterovs) {
      return List.of(rate, (float) nesterovs.currentMomentum(step, epoch));
    }
    Adam adam = (Adam) updater;
    return List.of(
        rate,
        (float) adam.getBeta1(),
        (float) adam.getBeta2(),
        (float) adam.getEpsilon(),
        UpdateTransform.AdamDirection.bias(adam.getBeta1(), step),
        UpdateTransform.AdamDirection.bias(adam.getBeta2(), step));
  }

  /** {@link #trustRatios} after an update on a device, which gives them by run. */
  Map<String, Double> trustRatios(double[] ofRuns) {
    for (int i = 0; i < ofRuns.length; i++) {
      if (ranges.get(i).weights()) {
        trustRatios.put(ranges.get(i).name(), ofRuns[i]);
      }
    }
    return trustRatios;
  }

  private static double decay(ParameterRange range, int step, int epoch) {
    return range.l2() == null ? 0 : range.l2().getL2().valueAt(step, epoch);
  }

  private void transform(ParameterRange range, int step, int epoch) {
    UpdateTransform.Scope scope =
        new UpdateTransform.Scope(
            range.length(), weights, state, decay(range, step, epoch), step, epoch);
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
