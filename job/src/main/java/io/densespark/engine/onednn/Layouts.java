package io.densespark.engine.onednn;

import io.densespark.engine.plan.ChannelMap.Segment;
import io.densespark.engine.plan.Tensor;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;
import org.bytedeco.dnnl.memory;

/** oneDNN's descriptions of tensors. Everything returned belongs to the scope. */
final class Layouts {
  private static final memory.data_type FLOAT = memory.data_type.f32;

  private final NativeScope scope;

  Layouts(NativeScope scope) {
    this.scope = scope;
  }

  /** Float32 in a layout that has a name. */
  memory.desc of(memory.format_tag tag, long... dims) {
    return of(FLOAT, tag, dims);
  }

  memory.desc of(memory.data_type type, memory.format_tag tag, long... dims) {
    return scope.own(new memory.desc(dims, type, tag));
  }

  memory.desc strided(long[] dims, long[] strides) {
    return strided(FLOAT, dims, strides);
  }

  memory.desc strided(memory.data_type type, long[] dims, long[] strides) {
    return scope.own(new memory.desc(dims, type, strides));
  }

  memory.desc own(memory.desc desc) {
    return scope.own(desc);
  }

  memory.desc vector(int count) {
    return of(memory.format_tag.a, count);
  }

  /** An image with its gaps, as a volume [1, channels, images, height, width]. */
  memory.desc image(Image image) {
    return image(image, image.channels().physical());
  }

  /**
   * Every block of channels of every image as an image of its own: for what treats each channel of
   * each image alike, the library's fastest view.
   */
  memory.desc blocks(Image image) {
    memory.format_tag tag =
        switch (image.block()) {
          case 16 -> memory.format_tag.nChw16c;
          case 8 -> memory.format_tag.nChw8c;
          default -> memory.format_tag.nchw;
        };
    long blocks = (long) image.channels().physical() / image.block() * image.images();
    return of(type(image), tag, blocks, image.block(), image.height(), image.width());
  }

  /**
   * An image whose minibatch another has in more or in fewer rows of images, as [rows, images of a
   * row, height, width, blocks, channels of a block] of the shorter rows' images.
   */
  memory.desc inRows(Image image, Image other) {
    boolean joined = image.width() > other.width();
    Image one = joined ? other : image;
    Image row = joined ? image : other;
    int block = Math.min(image.block(), other.block());
    long blocks = image.channels().physical() / block;
    long together = one.images() / row.images();
    boolean last = image.block() == image.channels().physical();
    long pixel = image.block();
    long line = pixel * image.width();
    long whole = line * image.height();
    return strided(
        type(image),
        new long[] {row.images(), together, one.height(), one.width(), blocks, block},
        new long[] {
          joined ? whole : whole * together,
          joined ? pixel * (one.width() + 1) : whole,
          line,
          pixel,
          last ? block : whole * image.images(),
          1
        });
  }

  /** A run of an image's channels. */
  memory.desc segment(Image image, Segment segment) {
    return image(image, segment.length());
  }

  private memory.desc image(Image image, int channels) {
    memory.format_tag tag =
        switch (image.block()) {
          case 16 -> memory.format_tag.nCdhw16c;
          case 8 -> memory.format_tag.nCdhw8c;
          case 1 -> memory.format_tag.ncdhw;
          default -> memory.format_tag.ndhwc;
        };
    if (tag == memory.format_tag.ndhwc && image.block() != channels) {
      throw new IllegalArgumentException("no layout of block " + image.block());
    }
    long[] dims = {1, channels, image.images(), image.height(), image.width()};
    return of(type(image), tag, dims);
  }

  /** oneDNN's name of an image's type. */
  static memory.data_type type(Image image) {
    return switch (image.element()) {
      case FLOAT32 -> FLOAT;
      case BFLOAT16 -> memory.data_type.bf16;
    };
  }

  /** Offset of a segment's first channel from its image's start. */
  static long segmentBytes(Image image, Segment segment) {
    return (long) image.element().bytes()
        * segment.physical()
        * image.images()
        * image.height()
        * image.width();
  }

  /** Channels of the caller's images, [images, channels, height, width], as a volume. */
  memory.desc rowMajor(memory.data_type type, Image image, int allChannels, int channels) {
    long pixels = (long) image.height() * image.width();
    return strided(
        type,
        new long[] {1, channels, image.images(), image.height(), image.width()},
        new long[] {
          allChannels * pixels * image.images(), pixels, allChannels * pixels, image.width(), 1
        });
  }

  memory.desc rows(Rows rows) {
    return of(memory.format_tag.nc, rows.rows(), rows.features());
  }

  /** Any tensor as a volume: rows have their features as channels and one pixel. */
  memory.desc volume(Tensor tensor) {
    if (tensor instanceof Image image) {
      return image(image);
    }
    if (tensor instanceof Rows rows) {
      return of(memory.format_tag.ndhwc, 1, rows.features(), rows.rows(), 1, 1);
    }
    throw new IllegalArgumentException(tensor + " is not a volume");
  }

  /** Weights without blocks, [out, in, 1, height, width]. */
  memory.desc plainWeights(long out, long in, long height, long width) {
    return of(memory.format_tag.oidhw, out, in, 1, height, width);
  }

  /** Some input channels of plain weights with {@code allIn} input channels. */
  memory.desc plainWeights(long out, long in, long allIn, long height, long width) {
    long kernel = height * width;
    return strided(
        new long[] {out, in, 1, height, width},
        new long[] {allIn * kernel, kernel, kernel, width, 1});
  }
}
