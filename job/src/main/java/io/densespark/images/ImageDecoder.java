package io.densespark.images;

import io.densespark.storage.InputFiles;
import io.densespark.text.Text;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes image files: PNG, JPEG, GIF (its first picture), BMP. Grey samples are taken as stored,
 * 16-bit ones rounded to 8; what is transparent shows black behind it; pictures are put upright as
 * their Exif data says. A file that is not whole is refused, which Java's decoders would not do.
 */
public final class ImageDecoder {

  /** Beyond this a file of a few bytes could ask for all memory. */
  static final long MAX_PIXELS = 1L << 26;

  /** For each pixel, beside the samples as Java decodes them: three colours and a grey. */
  private static final int OWN_BYTES_A_PIXEL = 4;

  private static final long PNG_SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int PNG_END = 0x49454e44;
  private static final int PNG_EXIF = 0x65584966;
  private static final int PNG_CHUNK_OVERHEAD = 12;
  private static final int JPEG_SIGNATURE = 0xffd8ff;
  private static final int GIF_SIGNATURE = 0x474946;
  private static final int BMP_SIGNATURE = 0x424d;

  /** Warnings of Java's JPEG decoder that pixels are missing or made up. */
  private static final Pattern DAMAGE = Pattern.compile("Corrupt JPEG data.*|Premature end.*");

  private ImageDecoder() {}

  /** Bytes that one task may take at a time: half the heap, shared by all cores. */
  public static long memoryShare() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.maxMemory() / (2L * runtime.availableProcessors());
  }

  /** Says what is too large for a task, and what to do. */
  public static String tooLarge(String what) {
    return what + ", too much for a task: give executors more memory, or make the image smaller";
  }

  /**
   * Decodes a file.
   *
   * @throws UnreadableImageException when it is damaged, of an unknown format, or too large
   */
  public static DecodedImage decode(byte[] file) throws UnreadableImageException {
    if (file.length == 0) {
      throw new UnreadableImageException("is empty");
    }
    if (file.length >= Long.BYTES && ByteBuffer.wrap(file).getLong() == PNG_SIGNATURE) {
      int orientation = requireWholePng(file);
      return Exif.upright(pixels(read("png", file, ImageReader::read)), orientation);
    }
    int start = file.length < Integer.BYTES ? 0 : ByteBuffer.wrap(file).getInt(0) >>> 8;
    if (start == JPEG_SIGNATURE) {
      JpegFile jpeg = JpegFile.of(file);
      DecodedImage image =
          jpeg.isInk()
              ? jpeg.light(read("jpeg", file, (reader, index) -> reader.readRaster(index, null)))
              : pixels(read("jpeg", file, ImageReader::read));
      return Exif.upright(image, jpeg.orientation());
    }
    if (start == GIF_SIGNATURE) {
      requireWholeGif(file);
      return pixels(read("gif", file, ImageReader::read));
    }
    if (start >>> 8 == BMP_SIGNATURE) {
      return pixels(read("bmp", file, ImageReader::read));
    }
    throw new UnreadableImageException("is no image in a known format (PNG, JPEG, GIF, BMP)");
  }

  /**
   * Reads and decodes a file.
   *
   * @param key of {@link io.densespark.storage.InputFile#key}
   * @throws UnreadableImageException as {@link #decode(byte[])}, and when it cannot be read
   */
  public static DecodedImage decode(InputFiles files, String key) throws UnreadableImageException {
    return decode(ReadImageFiles.content(files, key));
  }

  /** What is wanted of a reader. */
  @FunctionalInterface
  private interface Reading<T> {
    T of(ImageReader reader, int index) throws IOException;
  }

  private static <T> T read(String format, byte[] file, Reading<T> reading)
      throws UnreadableImageException {
    ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
    List<String> damage = new ArrayList<>();
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      reader.setInput(in, true, true);
      reader.addIIOReadWarningListener(
          (source, warning) -> {
            if (DAMAGE.matcher(warning).matches()) {
              damage.add(warning);
            }
          });
      requireModest(reader);
      T read = reading.of(reader, 0);
      if (!damage.isEmpty()) {
        throw new UnreadableImageException("is damaged: " + damage.get(0));
      }
      return read;
    } catch (EOFException e) {
      throw new UnreadableImageException(
          Text.format(
              "is a truncated %s of %d bytes", format.toUpperCase(Locale.ROOT), file.length));
    } catch (IOException | RuntimeException e) {
      // Damaged files make Java's decoders throw all sorts of unchecked exceptions.
      throw new UnreadableImageException(
          "cannot be decoded: "
              + Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName()));
    } finally {
      reader.dispose();
    }
  }

  private static void requireModest(ImageReader reader)
      throws IOException, UnreadableImageException {
    long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
    String size = Text.format("has %dx%d pixels", reader.getHeight(0), reader.getWidth(0));
    if (pixels > MAX_PIXELS) {
      throw new UnreadableImageException(
          size + Text.format(", more than %d million", MAX_PIXELS >> 20));
    }
    ImageTypeSpecifier type = reader.getRawImageType(0);
    int bits = type == null ? Integer.SIZE : type.getColorModel().getPixelSize();
    if (pixels * (bits / Byte.SIZE + OWN_BYTES_A_PIXEL) > memoryShare()) {
      throw new UnreadableImageException(tooLarge(size));
    }
  }

  /**
   * Java's decoder takes pixels from chunks without looking at their checksums.
   *
   * @return the orientation
   */
  private static int requireWholePng(byte[] file) throws UnreadableImageException {
    int orientation = Exif.UPRIGHT;
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
            Text.format("is a damaged PNG: the checksum of the chunk at byte %d is wrong", at));
      }
      if (type == PNG_END) {
        return orientation;
      }
      if (type == PNG_EXIF) {
        orientation = Exif.orientation(file, at + 8, length);
      }
      at += length + PNG_CHUNK_OVERHEAD;
    }
    throw new UnreadableImageException(Text.format("is a truncated PNG of %d bytes", file.length));
  }

  /** Walks to the end of the first picture, whose data comes in blocks of a length each. */
  private static void requireWholeGif(byte[] file) throws UnreadableImageException {
    try {
      int at = 13 + colours(file[10]);
      while (file[at] == '!') {
        at = afterBlocks(file, at + 2);
      }
      if (file[at] == ',') {
        afterBlocks(file, at + 11 + colours(file[at + 9]));
        return;
      }
      throw new UnreadableImageException("is a damaged GIF: it holds no picture");
    } catch (IndexOutOfBoundsException e) {
      throw new UnreadableImageException(
          Text.format("is a truncated GIF of %d bytes", file.length));
    }
  }

  private static int colours(byte flags) {
    return (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
  }

  private static int afterBlocks(byte[] file, int at) {
    int next = at;
    while (file[next] != 0) {
      next += 1 + (file[next] & 0xff);
    }
    return next + 1;
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
