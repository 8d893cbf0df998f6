package io.densespark.engine.graph;

/**
 * An elementwise function.
 *
 * @param function which one
 * @param alpha its parameter: the negative slope of {@code LEAKY_RELU}, the factor inside {@code
 *     SWISH}'s sigmoid, the bound of {@code BOUNDED_RELU}, the factor of {@code SCALE}, 1 for
 *     {@code ELU}; 0 elsewhere
 */
public record Activation(Function function, float alpha) {

  /** The functions known. */
  public enum Function {
    RELU,
    LEAKY_RELU,
    BOUNDED_RELU,
    ELU,
    SIGMOID,
    TANH,
    SOFTPLUS,
    /** x sigmoid(alpha x); with alpha 1.702 it is DL4J's GELU. */
    SWISH,
    SCALE
  }

  public static final Activation RELU = of(Function.RELU);

  /** A function without parameter. */
  public static Activation of(Function function) {
    return new Activation(function, 0);
  }
}
