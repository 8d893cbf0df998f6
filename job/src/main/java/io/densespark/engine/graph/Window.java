package io.densespark.engine.graph;

/**
 * A sliding window over an image. Padding at the bottom and right is exact: with it the window's
 * last position ends at the last padded row and column. Where a network truncates, it is therefore
 * smaller than the padding configured, and negative where rows are left over.
 */
public record Window(
    int kernelHeight,
    int kernelWidth,
    int strideHeight,
    int strideWidth,
    int dilationHeight,
    int dilationWidth,
    int padTop,
    int padLeft,
    int padBottom,
    int padRight) {

  public Window {
    if (Math.min(kernelHeight, kernelWidth) < 1
        || Math.min(strideHeight, strideWidth) < 1
        || Math.min(dilationHeight, dilationWidth) < 1) {
      throw new IllegalArgumentException(
          "kernel, stride and dilation must be at least 1, were kernel "
              + kernelHeight
              + "x"
              + kernelWidth
              + ", stride "
              + strideHeight
              + "x"
              + strideWidth
              + ", dilation "
              + dilationHeight
              + "x"
              + dilationWidth);
    }
  }

  /** The window that covers a whole image once. */
  public static Window covering(Shape.Image image) {
    return new Window(image.height(), image.width(), 1, 1, 1, 1, 0, 0, 0, 0);
  }

  /** Rows that one window spans, dilation included. */
  public int spanHeight() {
    return (kernelHeight - 1) * dilationHeight + 1;
  }

  /** Columns that one window spans, dilation included. */
  public int spanWidth() {
    return (kernelWidth - 1) * dilationWidth + 1;
  }

  /** Shape that the window makes of an image, with so many output channels. */
  public Shape.Image over(Shape.Image in, int outChannels) {
    int height = (in.height() + padTop + padBottom - spanHeight()) / strideHeight + 1;
    int width = (in.width() + padLeft + padRight - spanWidth()) / strideWidth + 1;
    return new Shape.Image(outChannels, height, width);
  }

  /** Whether every output sees exactly one pixel and every pixel is seen. */
  public boolean isPointwise() {
    return kernelHeight == 1
        && kernelWidth == 1
        && strideHeight == 1
        && strideWidth == 1
        && !pads();
  }

  /** Whether any window reaches beyond the image. */
  public boolean pads() {
    return padTop > 0 || padLeft > 0 || padBottom > 0 || padRight > 0;
  }
}
