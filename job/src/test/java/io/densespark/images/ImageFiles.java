package io.densespark.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** Makes image files. */
public final class ImageFiles {

  private ImageFiles() {}

  public static byte[] png(BufferedImage image) {
    return encode(image, "png");
  }

  /** A file in a format that Java writes. */
  public static byte[] encode(BufferedImage image, String format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, format, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** A grey PNG of uint8 [height, width] from {@code offset}. */
  public static byte[] greyPng(byte[] pixels, int offset, int height, int width) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.getRaster().setSample(x, y, 0, pixels[offset + y * width + x] & 0xff);
      }
    }
    return png(image);
  }
}
