package io.densespark.engine.plan;

/**
 * How one computation of a convolution is done. A {@link ConvolutionChooser} decides it; everything
 * behind takes the choice as given.
 *
 * @param algorithm the arithmetic
 * @param layout the layout of the tensors it works on
 */
public record ConvolutionChoice(Algorithm algorithm, Layout layout) {

  /** Direct, where the tensors lie. */
  public static final ConvolutionChoice IN_PLACE =
      new ConvolutionChoice(Algorithm.DIRECT, Layout.AS_IT_IS);

  /** The arithmetic of a convolution. */
  public enum Algorithm {
    /** Multiply and add per weight. */
    DIRECT
  }

  /** The layout that a convolution works on. */
  public enum Layout {
    /** The plan's own. */
    AS_IT_IS,
    /** Copies without channel blocks; costs a change of layout before and behind. */
    PLAIN
  }

  /** Which of a convolution's three computations is meant. */
  public enum Direction {
    FORWARD,
    BACKWARD_DATA,
    BACKWARD_WEIGHTS
  }
}
