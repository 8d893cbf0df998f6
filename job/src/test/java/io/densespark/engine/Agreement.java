package io.densespark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Compares numbers and prints how much of the tolerance they used; of many comparisons under one
 * name, each that is worse than those before.
 */
final class Agreement {

  /** A tensor's error counts against its own size, but no less than this share of the largest. */
  private static final double SMALLEST_SHARE = 1e-2;

  /** Batch norm's statistics are of order one, and so are the steps that move them. */
  private static final double SMALLEST_STATISTIC = 1e-2;

  /** How many times DL4J's rounding error another order of summation may err. */
  private static final double ROUNDINGS = 4;

  private static final Map<String, Double> WORST_USED = new ConcurrentHashMap<>();

  private Agreement() {}

  /** Loss, gradient tensor by tensor, and probabilities. */
  static void holds(
      String what,
      GraphCase graphCase,
      Dl4jOracle.Answer actual,
      Dl4jOracle.Answer expected,
      double tolerance) {
    number(what + ", loss", actual.loss(), expected.loss(), tolerance);
    gradient(what + ", gradient", graphCase, actual.gradient(), expected.gradient(), tolerance);
    elements(what + ", output", actual.probabilities(), expected.probabilities(), tolerance);
  }

  /** No tolerance at all. */
  static void sameBits(Dl4jOracle.Answer actual, Dl4jOracle.Answer expected) {
    assertThat(actual.loss()).isEqualTo(expected.loss());
    sameBits(actual.gradient(), expected.gradient());
    sameBits(actual.probabilities(), expected.probabilities());
  }

  /** Unlike {@code INDArray.equals}, which forgives differences of 1e-5. */
  static void sameBits(INDArray actual, INDArray expected) {
    assertThat(floats(actual)).isEqualTo(floats(expected));
  }

  private static float[] floats(INDArray array) {
    return array.dup('c').data().asFloat();
  }

  /** Relative to the larger of one and the expected number. */
  static void number(String what, double actual, double expected, double tolerance) {
    require(what, Math.abs(actual - expected) / Math.max(1, Math.abs(expected)), tolerance, what);
  }

  /** The largest absolute difference. */
  static void elements(String what, INDArray actual, INDArray expected, double tolerance) {
    require(what, largestDifference(doubles(actual), doubles(expected)), tolerance, what);
  }

  /** Each tensor's largest difference against its largest element. */
  static void gradient(
      String what, GraphCase graphCase, INDArray actual, INDArray expected, double tolerance) {
    List<GraphCase.Tensor> tensors = graphCase.tensors();
    double[] actuals = doubles(actual);
    double[] expecteds = doubles(expected);
    double largest = largestGradient(tensors, expecteds);
    for (GraphCase.Tensor tensor : tensors) {
      double error = error(tensor, actuals, expecteds, largest);
      require(what, error, tolerance, what + " of " + tensor.name() + " in " + graphCase);
    }
  }

  /**
   * As {@link #gradient}, but a tensor may err by a few times what DL4J's own float arithmetic errs
   * there: the gradient of a bias before batch norm, say, is nothing but rounding.
   *
   * @param rounded DL4J's gradient in float
   */
  static void gradientBesideRounding(
      String what,
      GraphCase graphCase,
      INDArray actual,
      INDArray expected,
      INDArray rounded,
      double tolerance) {
    List<GraphCase.Tensor> tensors = graphCase.tensors();
    double[] actuals = doubles(actual);
    double[] expecteds = doubles(expected);
    double[] roundeds = doubles(rounded);
    double largest = largestGradient(tensors, expecteds);
    for (GraphCase.Tensor tensor : tensors) {
      double allowed = tolerance + ROUNDINGS * error(tensor, roundeds, expecteds, largest);
      double error = error(tensor, actuals, expecteds, largest) * tolerance / allowed;
      require(what, error, tolerance, what + " of " + tensor.name() + " in " + graphCase);
    }
  }

  /** The difference of the vectors against the length of the expected one. */
  static void direction(String what, INDArray actual, INDArray expected, double tolerance) {
    double[] a = doubles(actual);
    double[] e = doubles(expected);
    double difference = 0;
    double length = 0;
    for (int i = 0; i < e.length; i++) {
      difference += (a[i] - e[i]) * (a[i] - e[i]);
      length += e[i] * e[i];
    }
    require(what, Math.sqrt(difference / length), tolerance, what);
  }

  static double worstError(GraphCase graphCase, INDArray actual, INDArray expected) {
    List<GraphCase.Tensor> tensors = graphCase.tensors();
    double[] actuals = doubles(actual);
    double[] expecteds = doubles(expected);
    double largest = largestGradient(tensors, expecteds);
    return tensors.stream()
        .mapToDouble(tensor -> error(tensor, actuals, expecteds, largest))
        .max()
        .orElse(0);
  }

  private static double error(
      GraphCase.Tensor tensor, double[] actual, double[] expected, double largestGradient) {
    double difference = 0;
    double largest =
        tensor.statistic() ? SMALLEST_STATISTIC : SMALLEST_SHARE * largestGradient + 1e-30;
    for (int i = (int) tensor.offset(); i < tensor.offset() + tensor.length(); i++) {
      difference = worse(difference, Math.abs(actual[i] - expected[i]));
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    return difference / largest;
  }

  private static double largestGradient(List<GraphCase.Tensor> tensors, double[] gradient) {
    double largest = 0;
    for (GraphCase.Tensor tensor : tensors) {
      if (!tensor.statistic()) {
        for (int i = (int) tensor.offset(); i < tensor.offset() + tensor.length(); i++) {
          largest = Math.max(largest, Math.abs(gradient[i]));
        }
      }
    }
    return largest;
  }

  private static double largestDifference(double[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = worse(largest, Math.abs(actual[i] - expected[i]));
    }
    return largest;
  }

  /** The larger one, where NaN is larger than everything. */
  private static double worse(double a, double b) {
    return Double.isNaN(a) || Double.isNaN(b) ? Double.NaN : Math.max(a, b);
  }

  private static double[] doubles(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  private static void require(String name, double error, double tolerance, String where) {
    double used = error / tolerance;
    Double before = WORST_USED.put(name, Math.max(used, WORST_USED.getOrDefault(name, 0.0)));
    if (before == null || used > before) {
      System.out.printf(Locale.ROOT, "%5.1f%% of %.0e used: %s%n", 100 * used, tolerance, where);
    }
    assertThat(used).as("share of the tolerance %s used by %s", tolerance, where).isLessThan(1);
  }
}
