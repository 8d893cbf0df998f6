package io.densespark.engine.graph;

import static io.densespark.engine.graph.GraphReader.refuse;

import io.densespark.engine.UnsupportedGraphException;
import org.deeplearning4j.nn.conf.ConvolutionMode;

/** DL4J's arithmetic of windows. */
final class Windows {
  private Windows() {}

  /**
   * The window of a layer over its input.
   *
   * @throws UnsupportedGraphException where the window does not fit, or the mode is for sequences
   */
  static Window of(
      String name,
      Shape.Image in,
      int[] kernel,
      int[] stride,
      int[] dilation,
      int[] padding,
      ConvolutionMode mode) {
    int[] rows = pads(name, in.height(), kernel[0], stride[0], dilation[0], padding[0], mode);
    int[] columns = pads(name, in.width(), kernel[1], stride[1], dilation[1], padding[1], mode);
    return new Window(
        kernel[0],
        kernel[1],
        stride[0],
        stride[1],
        dilation[0],
        dilation[1],
        rows[0],
        columns[0],
        rows[1],
        columns[1]);
  }

  /** Padding before and behind one dimension. */
  private static int[] pads(
      String name, int in, int kernel, int stride, int dilation, int pad, ConvolutionMode mode) {
    int span = (kernel - 1) * dilation + 1;
    if (mode == ConvolutionMode.Same) {
      int out = (in + stride - 1) / stride;
      int total = (out - 1) * stride + span - in;
      return new int[] {total / 2, total - total / 2};
    }
    if (mode == ConvolutionMode.Causal) {
      throw refuse(name, "convolution mode Causal", "Truncate, Strict, Same");
    }
    int room = in + 2 * pad - span;
    if (room < 0) {
      throw new UnsupportedGraphException(
          "vertex '" + name + "': a window of " + span + " does not fit " + in + " + 2*" + pad);
    }
    if (mode == ConvolutionMode.Strict && room % stride != 0) {
      throw new UnsupportedGraphException(
          "vertex '"
              + name
              + "': mode Strict, but a window of "
              + span
              + " with stride "
              + stride
              + " does not tile "
              + in
              + " + 2*"
              + pad
              + "; use Truncate or Same");
    }
    return new int[] {pad, pad - room % stride};
  }
}
