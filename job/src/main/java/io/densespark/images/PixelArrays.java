package io.densespark.images;

import io.densespark.text.Text;
import java.util.List;

/** Pixels from arrays of numbers. */
final class PixelArrays {

  private PixelArrays() {}

  /**
   * Unsigned bytes of an array: bytes as they are, other whole numbers from 0 to 255,
   * floating-point and decimal numbers from 0 to 1, rounded to the nearest 255th.
   */
  static byte[] bytes(List<?> values) throws UnreadableImageException {
    byte[] pixels = new byte[values.size()];
    for (int i = 0; i < pixels.length; i++) {
      Object value = values.get(i);
      if (value instanceof Byte unsigned) {
        pixels[i] = unsigned;
      } else if (value instanceof Short || value instanceof Integer || value instanceof Long) {
        pixels[i] = whole(((Number) value).longValue(), i);
      } else if (value instanceof Number share) {
        pixels[i] = share(share.doubleValue(), i);
      } else {
        throw new UnreadableImageException("has no value at pixel " + i);
      }
    }
    return pixels;
  }

  private static byte whole(long value, int index) throws UnreadableImageException {
    if (value < 0 || value > 255) {
      throw new UnreadableImageException(
          Text.format("has the value %d at pixel %d: whole numbers are 0 to 255", value, index));
    }
    return (byte) value;
  }

  private static byte share(double value, int index) throws UnreadableImageException {
    if (!(value >= 0 && value <= 1)) {
      throw new UnreadableImageException(
          Text.format(
              "has the value %s at pixel %d: floating-point numbers are 0 to 1", value, index));
    }
    return (byte) Math.round(value * 255);
  }
}
