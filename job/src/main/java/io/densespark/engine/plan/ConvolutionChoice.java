package io.densespark.engine.plan;

import io.densespark.engine.graph.Op;

/**
 * How one convolution is computed. This is the only place that decides it; everything behind takes
 * the choice as given.
 *
 * @param algorithm the arithmetic
 */
public record ConvolutionChoice(Algorithm algorithm) {

  /** The arithmetic of a convolution. */
  public enum Algorithm {
    /** Multiply and add per weight, over the plan's own layout and the whole minibatch. */
    DIRECT
  }

  /** Which of a convolution's three computations is meant. */
  public enum Direction {
    FORWARD,
    BACKWARD_DATA,
    BACKWARD_WEIGHTS
  }

  /** Chooses for a convolution of {@code src} into {@code dst}, or their gradients. */
  public static ConvolutionChoice choose(
      Op.Convolution convolution, Direction direction, Tensor.Image src, Tensor.Image dst) {
    return new ConvolutionChoice(Algorithm.DIRECT);
  }
}
