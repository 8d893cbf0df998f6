package io.densespark.data;

import io.densespark.text.Text;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Reads image and label files in the IDX format of MNIST (LeCun, Cortes, Burges 1998), compressed
 * with gzip or plain, which their content tells.
 *
 * <p>The format: a magic number whose third byte is the element type (8: unsigned byte) and whose
 * fourth is the number of dimensions, the dimensions, then the elements, row-major; numbers are
 * big-endian int32. A file must hold exactly what its header announces.
 */
public final class IdxReader {

  private static final int IMAGES_MAGIC = 0x0803;
  private static final int LABELS_MAGIC = 0x0801;
  private static final int GZIP_MAGIC = 0x1f8b;

  private final FileOpener opener;

  public IdxReader(FileOpener opener) {
    this.opener = opener;
  }

  /**
   * Images with their labels.
   *
   * @param images what the two files hold
   * @param imageFile the file of the pixels
   * @param labelFile the file of the labels
   */
  public record Labelled(ImageSet images, DataFile imageFile, DataFile labelFile) {}

  /**
   * Reads one-channel images and their labels.
   *
   * @param classes number of classes, 1 to 256; every label must be below it
   * @throws DataException when a file is missing, cannot be read, is not what its header says, or
   *     when the two do not belong together
   */
  public Labelled read(String imagesUri, String labelsUri, int classes) {
    if (classes < 1 || classes > 256) {
      throw new IllegalArgumentException("classes must be 1 to 256, was " + classes);
    }
    Content imageContent = content(imagesUri);
    int[] shape = imageContent.dimensions("images", IMAGES_MAGIC);
    Content labelContent = content(labelsUri);
    int labelCount = labelContent.dimensions("labels", LABELS_MAGIC)[0];
    if (shape[0] != labelCount) {
      throw new DataException(
          Text.format(
              "%s holds %d images but %s holds %d labels; both files must come from the same data set",
              imagesUri, shape[0], labelsUri, labelCount));
    }
    byte[] labels = labelContent.elements();
    requireBelow(classes, labels, labelsUri);
    return new Labelled(
        new ImageSet(1, shape[1], shape[2], imageContent.elements(), labels),
        imageContent.file,
        labelContent.file);
  }

  /**
   * Reads one-channel images without labels.
   *
   * @return the images, every label 0
   * @throws DataException as {@link #read}
   */
  public ImageSet readImages(String imagesUri) {
    Content content = content(imagesUri);
    int[] shape = content.dimensions("images", IMAGES_MAGIC);
    return new ImageSet(1, shape[1], shape[2], content.elements(), new byte[shape[0]]);
  }

  private static void requireBelow(int classes, byte[] labels, String uri) {
    for (int i = 0; i < labels.length; i++) {
      int label = Byte.toUnsignedInt(labels[i]);
      if (label >= classes) {
        throw new DataException(
            Text.format(
                "%s: label %d of image %d is out of range; with %d classes labels are 0 to %d",
                uri, label, i, classes, classes - 1));
      }
    }
  }

  private Content content(String uri) {
    byte[] stored;
    try (InputStream in = opener.open(uri)) {
      stored = in.readAllBytes();
    } catch (FileNotFoundException | NoSuchFileException e) {
      throw new DataException(uri + " does not exist; check data.path", e);
    } catch (IOException e) {
      throw new DataException(Text.format("%s cannot be read: %s", uri, e), e);
    }
    boolean compressed =
        stored.length >= 2 && (ByteBuffer.wrap(stored).getShort() & 0xffff) == GZIP_MAGIC;
    byte[] plain = compressed ? unzip(uri, stored) : stored;
    String sha256 = DigestUtils.sha256Hex(stored);
    return new Content(
        new DataFile(uri, sha256, compressed ? DigestUtils.sha256Hex(plain) : sha256), plain);
  }

  private static byte[] unzip(String uri, byte[] stored) {
    try (WholeGzip in = new WholeGzip(stored)) {
      byte[] plain = in.readAllBytes();
      if (in.unreadBytes() > 0) {
        throw new DataException(
            Text.format(
                "%s: %d bytes follow the end of the gzip stream; copy or download the file again",
                uri, in.unreadBytes()));
      }
      return plain;
    } catch (EOFException e) {
      throw new DataException(
          Text.format(
              "%s is truncated: its gzip stream ends after %d bytes; copy or download the file again",
              uri, stored.length),
          e);
    } catch (IOException e) {
      throw new DataException(
          Text.format(
              "%s is a corrupt gzip file (%s); copy or download the file again",
              uri, e.getMessage()),
          e);
    }
  }

  /** A gzip stream that tells whether something else follows it; Java's own is silent about it. */
  private static final class WholeGzip extends GZIPInputStream {

    private static final int TRAILER_BYTES = 8;

    /**
     * The buffer takes the file at once, so that the inflater knows every byte after the stream.
     */
    WholeGzip(byte[] stored) throws IOException {
      super(new ByteArrayInputStream(stored), Math.max(stored.length, 512));
    }

    int unreadBytes() {
      return Math.max(0, inf.getRemaining() - TRAILER_BYTES);
    }
  }

  /** Uncompressed bytes of a file, header included. */
  private record Content(DataFile file, byte[] bytes) {

    /** Reads the header and checks that what follows has the announced length. */
    int[] dimensions(String what, int magic) {
      int rank = magic & 0xff;
      if (bytes.length < headerBytes(rank)) {
        throw new DataException(
            Text.format(
                "%s is truncated: an IDX file of %s begins with %d bytes of header, this one has %d bytes; copy or download it again",
                file.uri(), what, headerBytes(rank), bytes.length));
      }
      ByteBuffer header = ByteBuffer.wrap(bytes);
      int met = header.getInt();
      if (met != magic) {
        throw new DataException(
            Text.format(
                "%s is not an IDX file of %s: its magic number is 0x%08x, expected 0x%08x; check that the files are not swapped",
                file.uri(), what, met, magic));
      }
      int[] shape = new int[rank];
      long elements = 1;
      for (int i = 0; i < rank; i++) {
        shape[i] = header.getInt();
        if (shape[i] < 1) {
          throw new DataException(
              Text.format(
                  "%s announces the shape %s; every dimension must be at least 1",
                  file.uri(), Arrays.toString(Arrays.copyOf(shape, i + 1))));
        }
        elements = elements > Integer.MAX_VALUE ? elements : elements * shape[i];
      }
      long actual = bytes.length - (long) headerBytes(rank);
      if (actual != elements) {
        throw new DataException(
            Text.format(
                "%s %s: %s of shape %s take %d bytes after the header, the file has %d; copy or download it again",
                file.uri(),
                actual < elements ? "is truncated" : "has trailing bytes",
                what,
                Arrays.toString(shape),
                elements,
                actual));
      }
      return shape;
    }

    byte[] elements() {
      return Arrays.copyOfRange(bytes, headerBytes(bytes[3]), bytes.length);
    }

    private static int headerBytes(int rank) {
      return Integer.BYTES * (1 + rank);
    }
  }
}
