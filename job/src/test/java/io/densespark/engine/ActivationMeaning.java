package io.densespark.engine;

import io.densespark.engine.graph.Activation;
import java.util.function.DoubleUnaryOperator;

/** Elementwise functions and their slopes in double precision. */
final class ActivationMeaning {

  private ActivationMeaning() {}

  static DoubleUnaryOperator function(Activation activation) {
    double a = activation.alpha();
    return switch (activation.function()) {
      case RELU -> x -> Math.max(0, x);
      case LEAKY_RELU -> x -> x > 0 ? x : a * x;
      case BOUNDED_RELU -> x -> Math.min(a, Math.max(0, x));
      case ELU -> x -> x > 0 ? x : a * Math.expm1(x);
      case SIGMOID -> ActivationMeaning::sigmoid;
      case TANH -> Math::tanh;
      case SOFTPLUS -> x -> Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
      case SWISH -> x -> x * sigmoid(a * x);
      case SCALE -> x -> a * x;
    };
  }

  static DoubleUnaryOperator slope(Activation activation) {
    double a = activation.alpha();
    return switch (activation.function()) {
      case RELU -> x -> x > 0 ? 1 : 0;
      case LEAKY_RELU -> x -> x > 0 ? 1 : a;
      case BOUNDED_RELU -> x -> x > 0 && x <= a ? 1 : 0;
      case ELU -> x -> x > 0 ? 1 : a * Math.exp(x);
      case SIGMOID -> x -> sigmoid(x) * (1 - sigmoid(x));
      case TANH -> x -> 1 - Math.tanh(x) * Math.tanh(x);
      case SOFTPLUS -> ActivationMeaning::sigmoid;
      case SWISH -> x -> sigmoid(a * x) * (1 + a * x * (1 - sigmoid(a * x)));
      case SCALE -> x -> a;
    };
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
