package io.densespark.images;

import io.densespark.text.Text;

/**
 * An image as unsigned bytes, planes after each other.
 *
 * @param channels 1 (grey) or 3 (red, green, blue)
 * @param height rows
 * @param width columns
 * @param pixels uint8 [channels, height, width], row-major
 */
public record DecodedImage(int channels, int height, int width, byte[] pixels) {

  public DecodedImage {
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException("channels must be 1 or 3, were " + channels);
    }
    long wanted = (long) channels * height * width;
    if (height < 1 || width < 1 || pixels.length != wanted) {
      throw new IllegalArgumentException(
          Text.format("%dx%dx%d pixels wanted, %d given", channels, height, width, pixels.length));
    }
  }

  /**
   * One channel, by the weights of ITU-R BT.601 as 16-bit fixed point; r = g = b stays as it is.
   */
  public DecodedImage grey() {
    if (channels == 1) {
      return this;
    }
    int plane = height * width;
    byte[] grey = new byte[plane];
    for (int i = 0; i < plane; i++) {
      int red = pixels[i] & 0xff;
      int green = pixels[plane + i] & 0xff;
      int blue = pixels[2 * plane + i] & 0xff;
      grey[i] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
    }
    return new DecodedImage(1, height, width, grey);
  }

  /** Three channels: grey is repeated. */
  public DecodedImage colour() {
    if (channels == 3) {
      return this;
    }
    byte[] colour = new byte[3 * pixels.length];
    for (int channel = 0; channel < 3; channel++) {
      System.arraycopy(pixels, 0, colour, channel * pixels.length, pixels.length);
    }
    return new DecodedImage(3, height, width, colour);
  }
}
