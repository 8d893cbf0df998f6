package io.densespark.data;

import java.io.Serializable;

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
          "%d labels of %dx%dx%d images need %d pixels, got %d"
              .formatted(labels.length, channels, height, width, expected, pixels.length));
    }
  }

  /** Number of images. */
  public int size() {
    return labels.length;
  }

  /** Pixels of one image. */
  public int imageBytes() {
    return channels * height * width;
  }
}
