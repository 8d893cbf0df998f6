package io.densespark.engine.plan;

import io.densespark.engine.graph.Window;
import io.densespark.engine.plan.Tensor.Image;

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

  /** Winograd's minimal filtering, a few images at a time. */
  public static final ConvolutionChoice WINOGRAD =
      new ConvolutionChoice(Algorithm.WINOGRAD, Layout.CHUNKS);

  /** Direct, with the channels of a pixel beside each other. */
  public static final ConvolutionChoice CHANNELS_LAST =
      new ConvolutionChoice(Algorithm.DIRECT, Layout.CHANNELS_LAST);

  /** The same, with images side by side. */
  public static final ConvolutionChoice ROWS = new ConvolutionChoice(Algorithm.DIRECT, Layout.ROWS);

  private static final int SHORTEST_ROW = 26;

  /** Images of a chunk: their transforms stay in the second-level cache. */
  public static final int CHUNK_IMAGES = 8;

  /** The arithmetic of a convolution. */
  public enum Algorithm {
    /** Multiply and add per weight. */
    DIRECT,
    /**
     * Minimal filtering F(4x4, 3x3) after Winograd and Lavin: a quarter of the multiplications, and
     * a larger rounding error.
     */
    WINOGRAD
  }

  /** The layout that a convolution works on. */
  public enum Layout {
    /** The plan's own. */
    AS_IT_IS,
    /** Copies without channel blocks; costs a change of layout before and behind. */
    PLAIN,
    /** Copies as [images, height, width, channels]; costs the same. */
    CHANNELS_LAST,
    /**
     * The same for gradients, with {@link #imagesInRow} images beside each other in one, a column
     * of zeros behind each: to windows that reach one column beyond an image it is their padding.
     */
    ROWS,
    /**
     * Copies of {@link #CHUNK_IMAGES} images at a time, the image being the outermost dimension;
     * such copies stay in the cache. The number of images is a multiple of the chunk's.
     */
    CHUNKS
  }

  /** How many of so many images make one of {@link Layout#ROWS}: a divisor of all of them. */
  public static int imagesInRow(int images, int width) {
    int row = 1;
    while (row < images && (images % row != 0 || row * (width + 1) < SHORTEST_ROW)) {
      row++;
    }
    return row;
  }

  /** Whether {@link Layout#ROWS} is a layout for a window and makes rows of more than an image. */
  public static boolean fitsRows(Window w, Image src) {
    return w.kernelWidth() == 3
        && w.strideWidth() == 1
        && w.dilationWidth() == 1
        && w.padLeft() == 1
        && w.padRight() == 1
        && imagesInRow(src.images(), src.width()) > 1;
  }

  /** Which of a convolution's three computations is meant. */
  public enum Direction {
    FORWARD,
    BACKWARD_DATA,
    BACKWARD_WEIGHTS
  }
}
