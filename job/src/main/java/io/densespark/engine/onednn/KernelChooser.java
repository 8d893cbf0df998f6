package io.densespark.engine.onednn;

import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Window;
import io.densespark.engine.plan.ChannelMap;
import io.densespark.engine.plan.ConvolutionChoice;
import io.densespark.engine.plan.ConvolutionChoice.Algorithm;
import io.densespark.engine.plan.ConvolutionChoice.Direction;
import io.densespark.engine.plan.ConvolutionChoice.Layout;
import io.densespark.engine.plan.ConvolutionChooser;
import io.densespark.engine.plan.Element;
import io.densespark.engine.plan.Tensor.Image;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.BytePointer;

/**
 * Takes convolutions as they come, except where oneDNN has only its reference loops for a blocked
 * layout: those are a hundred times slower than its matrix products, which want plain layouts.
 *
 * <p>Where Winograd's algorithm wins is a fixed rule, not a measurement: replicas on different
 * executors must compute the same bits.
 */
final class KernelChooser implements ConvolutionChooser {
  private static final String TILES = "amx";
  private static final int AVX512_BLOCK = 16;
  private static final int WINOGRAD_SIDE = 12;
  private static final int LEAST_IN_CHANNELS = 64;
  private static final int MOST_IN_CHANNELS = 160;
  private static final int OUT_CHANNELS = 32;

  private final Library library;
  private final boolean winograd;

  KernelChooser(Library library, boolean winograd) {
    this.library = library;
    this.winograd = winograd;
  }

  @Override
  public ConvolutionChoice choose(Op.Convolution op, Direction direction, Image src, Image dst) {
    if (winograd && winogradWins(op, src, dst)) {
      return ConvolutionChoice.WINOGRAD;
    }
    // Few channels fill no tile; the blocked kernel for them is twice as fast for weights.
    boolean fills = src.block() > 1 || direction != Direction.BACKWARD_WEIGHTS;
    if (src.element() == Element.BFLOAT16
        && library.hasTiles()
        && fills
        && kernel(op, direction, ConvolutionChoice.CHANNELS_LAST, src, dst).contains(TILES)) {
      return direction != Direction.FORWARD && ConvolutionChoice.fitsRows(op.window(), src)
          ? ConvolutionChoice.ROWS
          : ConvolutionChoice.CHANNELS_LAST;
    }
    boolean blocked = src.block() > 1 || dst.block() > 1;
    if (blocked
        && isReference(op, direction, src, dst)
        && !isReference(op, direction, plain(src), plain(dst))) {
      return new ConvolutionChoice(Algorithm.DIRECT, Layout.PLAIN);
    }
    return ConvolutionChoice.IN_PLACE;
  }

  /** The shapes at which it was measured to win in all three directions; see decision 6. */
  static boolean winogradWins(Op.Convolution op, Image src, Image dst) {
    int in = src.channels().physical();
    return src.element() == Element.FLOAT32
        && src.block() == AVX512_BLOCK
        && dst.element() == Element.FLOAT32
        && dst.block() == AVX512_BLOCK
        && src.images() % ConvolutionChoice.CHUNK_IMAGES == 0
        && isWinogradWindow(op.window())
        && op.bias().isEmpty()
        && op.foldedNorm().isEmpty()
        && op.activation().isEmpty()
        && src.height() == WINOGRAD_SIDE
        && src.width() == WINOGRAD_SIDE
        && in >= LEAST_IN_CHANNELS
        && in <= MOST_IN_CHANNELS
        && dst.channels().physical() == OUT_CHANNELS;
  }

  private static boolean isWinogradWindow(Window w) {
    return w.kernelHeight() == 3
        && w.kernelWidth() == 3
        && w.strideHeight() == 1
        && w.strideWidth() == 1
        && w.dilationHeight() == 1
        && w.dilationWidth() == 1
        && w.padTop() == 1
        && w.padLeft() == 1
        && w.padBottom() == 1
        && w.padRight() == 1;
  }

  private boolean isReference(Op.Convolution op, Direction direction, Image src, Image dst) {
    return kernel(op, direction, ConvolutionChoice.IN_PLACE, src, dst).startsWith("ref");
  }

  /** The library's name of the kernel that it has for a choice. */
  private String kernel(
      Op.Convolution op, Direction direction, ConvolutionChoice choice, Image src, Image dst) {
    try (NativeScope scope = new NativeScope()) {
      ConvolutionDescriptions descriptions =
          new ConvolutionDescriptions(new CallFactory(library.cpu(), scope));
      boolean bias = op.bias().isPresent() || op.foldedNorm().isPresent();
      primitive_desc description =
          switch (direction) {
            case FORWARD -> descriptions.forward(op, choice, src, dst, bias, true);
            case BACKWARD_DATA -> descriptions.backwardData(op, choice, src, dst);
            case BACKWARD_WEIGHTS -> descriptions.backwardWeights(op, choice, src, dst, bias);
          };
      try (BytePointer kernel = description.impl_info_str()) {
        return kernel.getString();
      }
    }
  }

  private static Image plain(Image image) {
    ChannelMap channels = image.channels();
    return new Image(
        0, 0, channels, image.images(), image.height(), image.width(), 1, image.element());
  }
}
