package io.densespark.images;

import io.densespark.data.BilinearResize;
import io.densespark.text.Text;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Brings images of any size to what a model reads: to its number of channels first, then resized as
 * in training. Not safe for use by several threads at once.
 */
public final class ImageFitter {

  /** Sizes whose tables are kept; image folders seldom mix more. */
  private static final int KEPT = 32;

  private record Size(int height, int width) {}

  private final int channels;
  private final int height;
  private final int width;
  private final Map<Size, BilinearResize> resizers =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Size, BilinearResize> eldest) {
          return size() > KEPT;
        }
      };

  /**
   * @param channels 1 or 3
   */
  public ImageFitter(int channels, int height, int width) {
    this.channels = channels;
    this.height = height;
    this.width = width;
  }

  /** Bytes of an image that fits. */
  public int imageBytes() {
    return channels * height * width;
  }

  /**
   * Writes an image as the model reads it.
   *
   * @param target uint8 [channels, height, width] from {@code offset}, overwritten
   */
  public void fit(DecodedImage image, byte[] target, int offset) throws UnreadableImageException {
    DecodedImage converted = channels == 1 ? image.grey() : image.colour();
    if (image.height() == height && image.width() == width) {
      System.arraycopy(converted.pixels(), 0, target, offset, imageBytes());
      return;
    }
    int largest = BilinearResize.MAX_INPUT_SIDE;
    if (image.height() > largest || image.width() > largest) {
      throw new UnreadableImageException(
          Text.format(
              "has %dx%d pixels, the longest side may be %d",
              image.height(), image.width(), largest));
    }
    resizers
        .computeIfAbsent(
            new Size(image.height(), image.width()),
            size -> new BilinearResize(size.height(), size.width(), height, width))
        .apply(converted.pixels(), 0, channels, target, offset);
  }
}
