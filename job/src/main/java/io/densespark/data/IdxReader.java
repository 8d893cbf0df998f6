package io.densespark.data;

import io.densespark.text.Text;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads image and label files in the IDX format of MNIST (LeCun, Cortes, Burges 1998), compressed
 * with gzip or plain, which their content tells.
 *
 * <p>The format: a magic number whose third byte is the element type (8: unsigned byte) and whose
 * fourth is the number of dimensions, the dimensions, then the elements, row-major; numbers are
 * big-endian int32. A file must hold exactly what its header announces.
 */
public final class IdxReader {

  /** Bytes before the first image. */
  static final int IMAGES_HEADER = 4 * Integer.BYTES;

  private static final int IMAGES_MAGIC = 0x0803;
  private static final int LABELS_MAGIC = 0x0801;

  private final FileOpener opener;

  public IdxReader(FileOpener opener) {
    this.opener = opener;
  }

  /**
   * Labels of images.
   *
   * @param numbers one for each image, unsigned
   * @param file where they are
   */
  record Labels(byte[] numbers, DataFile file) {}

  /**
   * Reads all labels of a file.
   *
   * @throws DataException when the file is missing, cannot be read, or is not what its header says
   */
  Labels labels(String uri) {
    try (IdxFile file = new IdxFile(opener, uri, "labels", LABELS_MAGIC)) {
      requireMemory(uri, "labels", file.shape(), file.shape()[0]);
      byte[] numbers = file.next(file.shape()[0]);
      return new Labels(numbers, file.end());
    }
  }

  /**
   * Opens images without labels.
   *
   * @return the images, every label 0
   * @throws DataException as {@link #labels}
   */
  public IdxImages images(String uri) {
    return images(uri, false, Optional.empty());
  }

  /**
   * Opens images.
   *
   * @param turned whether the file has rows for columns
   * @throws DataException as {@link #labels}, or when the labels are not as many
   */
  IdxImages images(String uri, boolean turned, Optional<Labels> labels) {
    IdxFile file = new IdxFile(opener, uri, "images", IMAGES_MAGIC);
    try {
      int[] shape = file.shape();
      // A label of each, and a few copies of one image at a time.
      requireMemory(uri, "images", shape, shape[0] + 4.0 * shape[1] * shape[2]);
      if (labels.isPresent() && labels.get().numbers().length != shape[0]) {
        throw new DataException(
            Text.format(
                "%s holds %d images but %s holds %d labels; both files must come from the same data set",
                uri, shape[0], labels.get().file().uri(), labels.get().numbers().length));
      }
      byte[] numbers = labels.map(Labels::numbers).orElseGet(() -> new byte[shape[0]]);
      return new IdxImages(
          file,
          new IdxPart(
              uri,
              file.compressed(),
              turned ? shape[2] : shape[1],
              turned ? shape[1] : shape[2],
              turned,
              numbers));
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static void requireMemory(String uri, String what, int[] shape, double bytes) {
    long most = Math.min(Integer.MAX_VALUE - 16, Runtime.getRuntime().maxMemory() / 2);
    if (bytes > most) {
      throw new DataException(
          Text.format(
              "%s announces %s of shape %s; this process has memory for %,d bytes: check the file, or give the driver more memory",
              uri, what, Arrays.toString(shape), most));
    }
  }
}
