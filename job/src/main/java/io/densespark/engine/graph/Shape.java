package io.densespark.engine.graph;

/** Shape of one example's activation; the minibatch dimension is not part of it. */
public sealed interface Shape {

  /** A feature map of {@code channels x height x width}. */
  record Image(int channels, int height, int width) implements Shape {
    public Image {
      if (channels < 1 || height < 1 || width < 1) {
        throw new IllegalArgumentException(
            "an image needs positive dimensions, was " + channels + "x" + height + "x" + width);
      }
    }

    @Override
    public long elements() {
      return (long) channels * height * width;
    }
  }

  /** A row of {@code features} numbers. */
  record Row(int features) implements Shape {
    public Row {
      if (features < 1) {
        throw new IllegalArgumentException("a row needs at least 1 feature, was " + features);
      }
    }

    @Override
    public long elements() {
      return features;
    }
  }

  /** Numbers per example. */
  long elements();
}
