package io.densespark.data;

import io.densespark.text.Text;
import java.io.Serializable;
import java.util.Arrays;

/**
 * Labelled images of equal size as unsigned bytes.
 *
 * @param channels channels per image
 * @param height rows per image
 * @param width columns per image
 * @param pixels uint8 [size, channels, height, width], row-major
 * @param labels class index of each image, [size]
 */
public record ImageSet(int channels, int height, int width, byte[] pixels, byte[] labels)
    implements Serializable {

  public ImageSet {
    long expected = (long) labels.length * channels * height * width;
    if (pixels.length != expected) {
      throw new IllegalArgumentException(
          Text.format(
              "%d labels of %dx%dx%d images need %d pixels, got %d",
              labels.length, channels, height, width, expected, pixels.length));
    }
  }

  /** Number of images. */
  public int size() {
    return labels.length;
  }

  /**
   * The first {@code count} images.
   *
   * @throws IllegalArgumentException unless {@code 1 <= count <= size()}
   */
  public ImageSet first(int count) {
    return count == size() ? this : range(0, count);
  }

  /**
   * The images {@code [from, to)}.
   *
   * @throws IllegalArgumentException unless {@code 0 <= from < to <= size()}
   */
  public ImageSet range(int from, int to) {
    if (from < 0 || to <= from || to > size()) {
      throw new IllegalArgumentException(
          Text.format("cannot take the images from %d to %d of %d", from, to, size()));
    }
    return new ImageSet(
        channels,
        height,
        width,
        Arrays.copyOfRange(pixels, from * imageBytes(), to * imageBytes()),
        Arrays.copyOfRange(labels, from, to));
  }

  /** Pixels of one image. */
  public int imageBytes() {
    return channels * height * width;
  }
}
