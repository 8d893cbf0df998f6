package io.densespark.engine.onednn;

import io.densespark.engine.graph.Op;
import io.densespark.engine.plan.ChannelMap;
import io.densespark.engine.plan.ConvolutionChoice;
import io.densespark.engine.plan.ConvolutionChoice.Algorithm;
import io.densespark.engine.plan.ConvolutionChoice.Direction;
import io.densespark.engine.plan.ConvolutionChoice.Layout;
import io.densespark.engine.plan.ConvolutionChooser;
import io.densespark.engine.plan.Tensor.Image;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.BytePointer;

/**
 * Takes convolutions as they come, except where oneDNN has only its reference loops for a blocked
 * layout: those are a hundred times slower than its matrix products, which want plain layouts.
 */
final class KernelChooser implements ConvolutionChooser {
  private final Library library;

  KernelChooser(Library library) {
    this.library = library;
  }

  @Override
  public ConvolutionChoice choose(Op.Convolution op, Direction direction, Image src, Image dst) {
    boolean blocked = src.block() > 1 || dst.block() > 1;
    if (blocked
        && isReference(op, direction, src, dst)
        && !isReference(op, direction, plain(src), plain(dst))) {
      return new ConvolutionChoice(Algorithm.DIRECT, Layout.PLAIN);
    }
    return ConvolutionChoice.IN_PLACE;
  }

  private boolean isReference(Op.Convolution op, Direction direction, Image src, Image dst) {
    try (NativeScope scope = new NativeScope()) {
      ConvolutionDescriptions descriptions =
          new ConvolutionDescriptions(new CallFactory(library.cpu(), scope));
      boolean bias = op.bias().isPresent() || op.foldedNorm().isPresent();
      primitive_desc description =
          switch (direction) {
            case FORWARD -> descriptions.forward(op, Algorithm.DIRECT, src, dst, bias, true);
            case BACKWARD_DATA -> descriptions.backwardData(op, Algorithm.DIRECT, src, dst);
            case BACKWARD_WEIGHTS ->
                descriptions.backwardWeights(op, Algorithm.DIRECT, src, dst, bias);
          };
      try (BytePointer kernel = description.impl_info_str()) {
        return kernel.getString().startsWith("ref");
      }
    }
  }

  private static Image plain(Image image) {
    ChannelMap channels = image.channels();
    return new Image(
        0, 0, channels, image.images(), image.height(), image.width(), 1, image.element());
  }
}
