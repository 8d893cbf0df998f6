package io.densespark.engine.cuda;

import io.densespark.engine.plan.Tensor;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;
import java.util.List;

/**
 * A tensor as channels of pixels, or as features of rows.
 *
 * @param number how many channels
 * @param count pixels of each
 * @param channelStride values from a channel to the next
 * @param pixelStride values from a pixel to the next
 */
record Channels(int number, long count, long channelStride, long pixelStride) {

  /** Values of a channel that one block adds up, at least, in whole runs. */
  private static final long LEAST_SLICE = 2048;

  private static final long MOST_SLICES = 64;

  static Channels of(Tensor tensor) {
    if (tensor instanceof Image image) {
      long pixels = (long) image.images() * image.height() * image.width();
      return new Channels(requireDense(image).channels().logical(), pixels, pixels, 1);
    }
    Rows rows = (Rows) tensor;
    return new Channels(rows.features(), rows.rows(), 1, rows.features());
  }

  /** The image itself: the kernels know one layout, without channel blocks and gaps. */
  static Image requireDense(Image image) {
    if (image.block() != 1 || !image.channels().isDense()) {
      throw new IllegalStateException("not the layout of the kernels: " + image);
    }
    return image;
  }

  /** How many values the tensor has. */
  long values() {
    return number * count;
  }

  /**
   * Values of a channel that one block adds up: as the order of a sum must not depend on devices, a
   * function of the shape alone.
   */
  long slice() {
    long slice = Math.max(LEAST_SLICE, Launch.ceiling(count, MOST_SLICES));
    return Launch.ceiling(slice, Launch.RUN) * Launch.RUN;
  }

  /** How many slices a channel has. */
  int slices() {
    return (int) Launch.ceiling(count, slice());
  }

  /** The structure that kernels take. */
  List<Object> argument() {
    return List.of(count, channelStride, pixelStride, slice());
  }
}
