package io.densespark.model;

import io.densespark.text.Text;

/**
 * What a model reads and how many classes it tells apart.
 *
 * @param channels channels of an image
 * @param height rows of an image
 * @param width columns of an image
 * @param classes number of classes
 */
public record ModelSignature(int channels, int height, int width, int classes) {

  public ModelSignature {
    if (channels < 1 || height < 1 || width < 1 || classes < 1) {
      throw new IllegalArgumentException(
          Text.format(
              "a model's channels, height, width and classes must be at least 1, were %d, %d, %d, %d",
              channels, height, width, classes));
    }
  }

  @Override
  public String toString() {
    return Text.format("%dx%dx%d images, %d classes", channels, height, width, classes);
  }
}
