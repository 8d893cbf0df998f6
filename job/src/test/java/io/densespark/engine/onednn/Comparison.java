package io.densespark.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.plan.PlanOptions;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A network with parameters and data, computed by the engine and by DL4J in double. */
final class Comparison {
  final ComputationGraphConfiguration configuration;
  final INDArray features;
  final INDArray labels;
  final INDArray parameters;
  final PlanConfig config;

  Comparison(
      ComputationGraphConfiguration configuration,
      int images,
      int channels,
      int height,
      int width) {
    this.configuration = configuration;
    this.config = training(images, channels, height, width);
    this.features = uniform(11, images, channels, height, width);
    this.labels = oneHot(images);
    ComputationGraph graph = new ComputationGraph(configuration.clone());
    graph.init();
    this.parameters = perturbed(graph);
    settleStatistics();
  }

  static PlanConfig training(int images, int channels, int height, int width) {
    return new PlanConfig(
        images, 1, Purpose.TRAINING, channels, height, width, EngineConfig.defaults());
  }

  private INDArray oneHot(int images) {
    INDArray result = Nd4j.zeros(DataType.FLOAT, images, Nets.CLASSES);
    for (int i = 0; i < images; i++) {
      result.putScalar(i, (3 * i + 1) % Nets.CLASSES, 1);
    }
    return result;
  }

  /** Initial parameters moved a little, so that no gamma is 1, no beta and no bias 0. */
  private static INDArray perturbed(ComputationGraph graph) {
    INDArray flat = graph.params().dup('c');
    return flat.addi(uniform(5, flat.shape()).muli(0.1f));
  }

  /**
   * Moves the running statistics close to this batch's, as training would have by now, so that
   * inference sees activations of ordinary size.
   */
  private void settleStatistics() {
    INDArray change = byDl4j(DataType.FLOAT).gradient();
    ParameterRanges.of(graphWithParameters(DataType.FLOAT))
        .forEach(
            (name, range) -> {
              INDArray running = slice(parameters, range);
              INDArray delta = slice(change, range);
              if (name.endsWith("_mean") || name.endsWith("_var")) {
                running.subi(delta.mul(10));
              } else if (name.endsWith("_log10stdev")) {
                for (int i = 0; i < running.length(); i++) {
                  double before = Math.pow(10, 2 * running.getDouble(i));
                  double after = before * Math.pow(10, -2 * delta.getDouble(i));
                  double batch = Math.max(1e-4, (after - 0.9 * before) / 0.1);
                  running.putScalar(i, 0.5 * Math.log10(batch) + 0.01);
                }
              }
            });
  }

  /** Numbers between 0 and 1. */
  static INDArray uniform(long seed, long... shape) {
    Random random = new Random(seed);
    float[] values =
        new float[Math.toIntExact(java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return Nd4j.create(values, shape, 'c');
  }

  /** Loss and flat gradient. */
  record Result(double loss, INDArray gradient) {}

  Result byEngine(PlanOptions options) {
    try (Plan plan = new OneDnnEngine(options).compile(configuration, config)) {
      return byPlan(plan);
    }
  }

  Result byPlan(Plan plan) {
    INDArray gradient = Nd4j.valueArrayOf(parameters.shape(), Float.NaN, DataType.FLOAT);
    double loss = plan.gradient(parameters, features, labels, gradient, 1);
    return new Result(loss, gradient);
  }

  Result byDl4j(DataType type) {
    ComputationGraph graph = graphWithParameters(type);
    graph.setInputs(features.castTo(type));
    graph.setLabels(labels.castTo(type));
    graph.computeGradientAndScore();
    return new Result(graph.score(), graph.getFlattenedGradients().dup());
  }

  INDArray inferByDl4j(DataType type) {
    return graphWithParameters(type).outputSingle(false, features.castTo(type));
  }

  INDArray inferByPlan(Plan plan) {
    INDArray result = Nd4j.create(DataType.FLOAT, features.size(0), Nets.CLASSES);
    plan.infer(parameters, features, result);
    return result;
  }

  private ComputationGraph graphWithParameters(DataType type) {
    ComputationGraphConfiguration clone = configuration.clone();
    clone.setDataType(type);
    ComputationGraph graph = new ComputationGraph(clone);
    graph.init();
    graph.setParams(parameters.castTo(type));
    return graph;
  }

  /**
   * Asserts that the engine agrees with DL4J in double, parameter by parameter: the largest
   * difference, relative to the largest entry of the parameter's gradient, or to a hundredth of the
   * largest of all where a parameter's gradient is nearly 0, as a bias's is before a batch norm.
   */
  void assertAgrees(String title, double tolerance) {
    assertAgrees(title, byEngine(PlanOptions.all()), tolerance);
  }

  /** The same for a result; losses agree ten times as well. */
  void assertAgrees(String title, Result ours, double tolerance) {
    Result theirs = byDl4j(DataType.DOUBLE);
    assertThat(ours.loss())
        .as(title + " loss")
        .isCloseTo(theirs.loss(), within(0.1 * tolerance * Math.max(1, theirs.loss())));
    double largest = theirs.gradient().amaxNumber().doubleValue();
    double worst = 0;
    String worstName = "";
    ComputationGraph graph = graphWithParameters(DataType.DOUBLE);
    for (Map.Entry<String, long[]> range : ParameterRanges.of(graph).entrySet()) {
      INDArray expected = slice(theirs.gradient(), range.getValue());
      INDArray actual = slice(ours.gradient().castTo(DataType.DOUBLE), range.getValue());
      double scale = Math.max(0.01 * largest, expected.amaxNumber().doubleValue());
      double error = actual.sub(expected).amaxNumber().doubleValue() / scale;
      if (!(error <= worst)) {
        worst = error;
        worstName = range.getKey();
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%-44s worst %.1e of tolerance %.0e (%s)%n",
        title,
        worst,
        tolerance,
        worstName);
    assertThat(worst).as(title + ", worst at " + worstName).isLessThan(tolerance);
  }

  private static org.assertj.core.data.Offset<Double> within(double difference) {
    return org.assertj.core.data.Offset.offset(difference);
  }

  private static INDArray slice(INDArray flat, long[] range) {
    return flat.reshape(flat.length())
        .get(org.nd4j.linalg.indexing.NDArrayIndex.interval(range[0], range[1]));
  }

  /** Relative distance of two vectors. */
  static double distance(INDArray a, INDArray b) {
    return a.sub(b).norm2Number().doubleValue() / Math.max(1e-12, b.norm2Number().doubleValue());
  }
}
