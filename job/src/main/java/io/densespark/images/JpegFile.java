package io.densespark.images;

import io.densespark.text.Text;
import java.awt.image.Raster;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the segments of a JPEG say (ITU-T T.81, annex B), which Java's decoder keeps to itself.
 *
 * @param components colours as stored
 * @param adobeTransform of Adobe's segment: 2 says that four components are YCCK; -1: there is none
 * @param orientation of its Exif data
 */
record JpegFile(int components, int adobeTransform, int orientation) {

  private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.US_ASCII);
  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int APP1 = 0xe1;
  private static final int APP14 = 0xee;
  private static final int YCCK = 2;

  /** Walks over all segments to the end of the image. */
  static JpegFile of(byte[] file) throws UnreadableImageException {
    int components = 0;
    int adobe = -1;
    int orientation = Exif.UPRIGHT;
    int at = 2;
    while (at + 1 < file.length) {
      int marker = file[at + 1] & 0xff;
      if ((file[at] & 0xff) != 0xff || marker == 0xff || isAlone(marker)) {
        // Compressed data and fill bytes, between which markers stand.
        at++;
      } else if (marker == EOI) {
        return new JpegFile(components, adobe, orientation);
      } else {
        int length = at + 3 < file.length ? (file[at + 2] & 0xff) << 8 | file[at + 3] & 0xff : 0;
        int data = at + 4;
        if (length < 2 || length > file.length - at - 2) {
          break;
        }
        if (isFrame(marker) && length >= 8) {
          components = file[data + 5] & 0xff;
        } else if (marker == APP1 && begins(file, data, length - 2, EXIF)) {
          orientation = Exif.orientation(file, data + EXIF.length, length - 2 - EXIF.length);
        } else if (marker == APP14 && begins(file, data, length - 2, ADOBE) && length >= 14) {
          adobe = file[data + 11] & 0xff;
        }
        at += 2 + length;
      }
    }
    throw new UnreadableImageException(
        Text.format(
            "is a truncated JPEG of %d bytes: the end of the image is missing", file.length));
  }

  /** Markers without a length, and an escaped byte of data. */
  private static boolean isAlone(int marker) {
    return marker <= 1 || marker >= 0xd0 && marker <= SOI;
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private static boolean begins(byte[] file, int at, int length, byte[] with) {
    return length >= with.length && Arrays.equals(file, at, at + with.length, with, 0, with.length);
  }

  /** Whether the colours are those of ink: cyan, magenta, yellow and black. */
  boolean isInk() {
    return components == 4;
  }

  /**
   * Ink as light, by R = (255 - C)(255 - K) / 255 and so on, as decoders do that have no profile of
   * the press. JPEG files hold ink inverted, by Adobe's convention.
   *
   * @param raster four bands as stored
   */
  DecodedImage light(Raster raster) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int plane = width * height;
    byte[] pixels = new byte[3 * plane];
    int[] row = new int[4 * width];
    for (int y = 0, i = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++, i++) {
        int black = row[4 * x + 3];
        for (int c = 0; c < 3; c++) {
          int ink = adobeTransform == YCCK ? inkOfYcc(row, 4 * x, c) : row[4 * x + c];
          pixels[c * plane + i] = (byte) ((ink * black + 127) / 255);
        }
      }
    }
    return new DecodedImage(3, height, width, pixels);
  }

  /** JFIF's luminance and chrominance of what ink leaves over. */
  private static int inkOfYcc(int[] row, int at, int colour) {
    double blue = row[at + 1] - 128;
    double red = row[at + 2] - 128;
    double light =
        row[at]
            + switch (colour) {
              case 0 -> 1.402 * red;
              case 1 -> -0.344136 * blue - 0.714136 * red;
              default -> 1.772 * blue;
            };
    return 255 - (int) Math.max(0, Math.min(255, Math.round(light)));
  }
}
