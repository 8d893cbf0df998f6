package io.densespark.engine.plan;

/** Values inside a buffer. */
public sealed interface Tensor {

  /** Id of the buffer. */
  int buffer();

  /** Where the tensor starts in its buffer. */
  long offsetBytes();

  /** Bytes from its first to its last value. */
  long bytes();

  /**
   * A minibatch of images, channels outermost; see the package description for the layout.
   *
   * @param firstChannel first channel in the buffer, a multiple of the block
   * @param channels where its channels lie, counted from {@code firstChannel}
   * @param block channels per block; 1 is the plain layout [channels, images, height, width], all
   *     of them are [images, height, width, channels]
   * @param element type of the values
   */
  record Image(
      int buffer,
      int firstChannel,
      ChannelMap channels,
      int images,
      int height,
      int width,
      int block,
      Element element)
      implements Tensor {

    public Image {
      if (firstChannel % block != 0 || channels.physical() % block != 0) {
        throw new IllegalArgumentException(
            "channels " + firstChannel + " + " + channels.physical() + " in blocks of " + block);
      }
    }

    private long channelBytes() {
      return (long) element.bytes() * images * height * width;
    }

    @Override
    public long offsetBytes() {
      return firstChannel * channelBytes();
    }

    @Override
    public long bytes() {
      return channels.physical() * channelBytes();
    }

    /** A range of this tensor's physical channels, taken as they lie. */
    public Image channelRange(int first, int count) {
      return new Image(
          buffer,
          firstChannel + first,
          ChannelMap.of(count, 1),
          images,
          height,
          width,
          block,
          element);
    }

    /** The same channels as values of another type. */
    public Image as(Element other) {
      return new Image(buffer, firstChannel, channels, images, height, width, block, other);
    }

    /** Whether two tensors hold the same elements in the same order. */
    public boolean isLaidOutLike(Image other) {
      return channels.equals(other.channels)
          && block == other.block
          && element == other.element
          && images == other.images
          && height == other.height
          && width == other.width;
    }
  }

  /** A minibatch of float32 rows, [rows, features] without gaps. */
  record Rows(int buffer, int rows, int features) implements Tensor {
    @Override
    public long offsetBytes() {
      return 0;
    }

    @Override
    public long bytes() {
      return (long) Float.BYTES * rows * features;
    }
  }

  /** A range of a buffer of one float32 per physical channel. */
  record Vector(int buffer, int first, int count) implements Tensor {
    @Override
    public long offsetBytes() {
      return (long) Float.BYTES * first;
    }

    @Override
    public long bytes() {
      return (long) Float.BYTES * count;
    }

    /** A part of this vector. */
    public Vector range(int start, int length) {
      return new Vector(buffer, first + start, length);
    }
  }
}
