package io.densespark.data;

import java.io.Serializable;

/**
 * Images of an IDX file and their labels: what is known of them without a look at the pixels.
 *
 * @param uri the file of the images
 * @param compressed whether it is gzipped
 * @param height rows of an image
 * @param width columns of an image
 * @param turned whether the file has rows for columns
 * @param labels a number for each image, unsigned
 */
public record IdxPart(
    String uri, boolean compressed, int height, int width, boolean turned, byte[] labels)
    implements Serializable {

  /** Number of images. */
  public int size() {
    return labels.length;
  }

  /** Pixels of one image. */
  public int imageBytes() {
    return height * width;
  }

  /** Where an image begins in the uncompressed file. */
  public long offset(int image) {
    return IdxReader.IMAGES_HEADER + (long) image * imageBytes();
  }

  /** An image as the file has it, to one with the top at the top; uint8 [height, width]. */
  public byte[] upright(byte[] stored) {
    if (!turned) {
      return stored;
    }
    byte[] upright = new byte[stored.length];
    for (int i = 0; i < stored.length; i++) {
      upright[i % height * width + i / height] = stored[i];
    }
    return upright;
  }
}
