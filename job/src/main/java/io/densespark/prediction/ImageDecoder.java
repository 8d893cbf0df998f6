package io.densespark.prediction;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes image files in the formats that Java reads: PNG, JPEG, GIF, BMP. Grey samples are taken
 * as stored, 16-bit ones rounded to 8; what is transparent shows black behind it.
 */
final class ImageDecoder {

  /** Beyond this a file of a few bytes could ask for all memory. */
  static final long MAX_PIXELS = 1L << 26;

  private static final long PNG_SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int PNG_END = 0x49454e44;
  private static final int PNG_CHUNK_OVERHEAD = 12;

  private ImageDecoder() {}

  /**
   * Decodes a file.
   *
   * @throws UnreadableImageException when it is damaged, of an unknown format, or too large
   */
  static DecodedImage decode(byte[] file) throws UnreadableImageException {
    if (file.length == 0) {
      throw new UnreadableImageException("is empty");
    }
    if (file.length >= Long.BYTES && ByteBuffer.wrap(file).getLong() == PNG_SIGNATURE) {
      requireWholePng(file);
    }
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new UnreadableImageException("is no image in a known format (PNG, JPEG, GIF, BMP)");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MAX_PIXELS) {
          throw new UnreadableImageException(
              "has %dx%d pixels, more than %d million"
                  .formatted(reader.getHeight(0), reader.getWidth(0), MAX_PIXELS >> 20));
        }
        return pixels(reader.read(0));
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      // Damaged files make Java's decoders throw all sorts of unchecked exceptions.
      throw new UnreadableImageException("cannot be decoded: " + e.getMessage());
    }
  }

  /** Java's decoder takes pixels from chunks without looking at their checksums. */
  private static void requireWholePng(byte[] file) throws UnreadableImageException {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    int at = Long.BYTES;
    while (at + PNG_CHUNK_OVERHEAD <= file.length) {
      int length = bytes.getInt(at);
      int type = bytes.getInt(at + 4);
      if (length < 0 || length > file.length - at - PNG_CHUNK_OVERHEAD) {
        break;
      }
      CRC32 crc = new CRC32();
      crc.update(file, at + 4, length + 4);
      if ((int) crc.getValue() != bytes.getInt(at + 8 + length)) {
        throw new UnreadableImageException(
            "is a damaged PNG: the checksum of the chunk at byte %d is wrong".formatted(at));
      }
      if (type == PNG_END) {
        return;
      }
      at += length + PNG_CHUNK_OVERHEAD;
    }
    throw new UnreadableImageException("is a truncated PNG of %d bytes".formatted(file.length));
  }

  private static DecodedImage pixels(BufferedImage image) {
    // Java's own conversion to RGB would take grey samples as linear light.
    boolean grey =
        image.getColorModel() instanceof ComponentColorModel && image.getRaster().getNumBands() < 3;
    return grey ? grey(image) : colour(image);
  }

  private static DecodedImage grey(BufferedImage image) {
    Raster raster = image.getRaster();
    int width = image.getWidth();
    int height = image.getHeight();
    boolean alpha = raster.getNumBands() == 2;
    int largest = (1 << image.getColorModel().getComponentSize(0)) - 1;
    byte[] pixels = new byte[height * width];
    for (int y = 0, i = 0; y < height; y++) {
      for (int x = 0; x < width; x++, i++) {
        long value = raster.getSample(x, y, 0) * 255L;
        pixels[i] = (byte) ((value + largest / 2) / largest);
        if (alpha) {
          int opaque = (int) ((raster.getSample(x, y, 1) * 255L + largest / 2) / largest);
          pixels[i] = over(pixels[i] & 0xff, opaque);
        }
      }
    }
    return new DecodedImage(1, height, width, pixels);
  }

  private static DecodedImage colour(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    int plane = width * height;
    int[] row = new int[width];
    byte[] pixels = new byte[3 * plane];
    for (int y = 0, i = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++, i++) {
        int opaque = row[x] >>> 24;
        pixels[i] = over(row[x] >> 16 & 0xff, opaque);
        pixels[plane + i] = over(row[x] >> 8 & 0xff, opaque);
        pixels[2 * plane + i] = over(row[x] & 0xff, opaque);
      }
    }
    return new DecodedImage(3, height, width, pixels);
  }

  /** A value over black. */
  private static byte over(int value, int opaque) {
    return (byte) ((value * opaque + 127) / 255);
  }
}
