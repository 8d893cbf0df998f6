package io.densespark.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How a camera was held, as Exif 2.3 has it (tag 0x0112), and pictures put upright. */
final class Exif {

  /** Rows from top to bottom, columns from left to right. */
  static final int UPRIGHT = 1;

  private static final int ORIENTATION = 0x0112;
  private static final int SHORT = 3;
  private static final int ENTRY_BYTES = 12;
  private static final int LITTLE_ENDIAN = 0x49492a00;
  private static final int BIG_ENDIAN = 0x4d4d002a;

  private Exif() {}

  /**
   * The orientation, 1 to 8, of Exif data, which is a TIFF file; {@link #UPRIGHT} where it says
   * none.
   */
  static int orientation(byte[] file, int start, int length) {
    if (length < 8) {
      return UPRIGHT;
    }
    ByteBuffer tiff = ByteBuffer.wrap(file, start, length).slice();
    int magic = tiff.getInt(0);
    if (magic != LITTLE_ENDIAN && magic != BIG_ENDIAN) {
      return UPRIGHT;
    }
    tiff.order(magic == BIG_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    int directory = tiff.getInt(4);
    if (directory < 8 || directory > length - 2) {
      return UPRIGHT;
    }
    int entries = tiff.getShort(directory) & 0xffff;
    for (int at = directory + 2;
        entries > 0 && at <= length - ENTRY_BYTES;
        entries--, at += ENTRY_BYTES) {
      if ((tiff.getShort(at) & 0xffff) == ORIENTATION && tiff.getShort(at + 2) == SHORT) {
        int value = tiff.getShort(at + 8);
        return value >= 1 && value <= 8 ? value : UPRIGHT;
      }
    }
    return UPRIGHT;
  }

  /** The picture as it was seen: mirrored (2, 4, 5, 7) and turned. */
  static DecodedImage upright(DecodedImage image, int orientation) {
    if (orientation == UPRIGHT) {
      return image;
    }
    boolean sides = orientation >= 5;
    int height = sides ? image.width() : image.height();
    int width = sides ? image.height() : image.width();
    // Where a pixel of the result is taken from, each axis perhaps from its end.
    boolean rowsFromEnd =
        orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    boolean columnsFromEnd =
        orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    int plane = height * width;
    byte[] upright = new byte[image.channels() * plane];
    for (int channel = 0; channel < image.channels(); channel++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int row = rowsFromEnd ? height - 1 - y : y;
          int column = columnsFromEnd ? width - 1 - x : x;
          int from = sides ? column * image.width() + row : row * image.width() + column;
          upright[channel * plane + y * width + x] = image.pixels()[channel * plane + from];
        }
      }
    }
    return new DecodedImage(image.channels(), height, width, upright);
  }
}
