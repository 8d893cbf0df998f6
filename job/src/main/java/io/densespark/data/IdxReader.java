package io.densespark.data;

import io.densespark.text.Text;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

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
   * @throws DataException when a file is missing, cannot be read, is not what its header says, or
   *     when the two do not belong together
   */
  public Labelled read(String imagesUri, String labelsUri) {
    Content imageContent = content(imagesUri, "images", IMAGES_MAGIC);
    int[] shape = imageContent.shape;
    Content labelContent = content(labelsUri, "labels", LABELS_MAGIC);
    int labelCount = labelContent.shape[0];
    if (shape[0] != labelCount) {
      throw new DataException(
          Text.format(
              "%s holds %d images but %s holds %d labels; both files must come from the same data set",
              imagesUri, shape[0], labelsUri, labelCount));
    }
    return new Labelled(
        new ImageSet(1, shape[1], shape[2], imageContent.elements, labelContent.elements),
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
    Content content = content(imagesUri, "images", IMAGES_MAGIC);
    int[] shape = content.shape;
    return new ImageSet(1, shape[1], shape[2], content.elements, new byte[shape[0]]);
  }

  /**
   * Reads no more of a file than its header announces, so that one that inflates to more ends
   * early.
   */
  private Content content(String uri, String what, int magic) {
    MessageDigest storedSum = DigestUtils.getSha256Digest();
    MessageDigest plainSum = DigestUtils.getSha256Digest();
    try (InputStream stored =
        new BufferedInputStream(new DigestInputStream(opener.open(uri), storedSum))) {
      boolean compressed = isGzip(stored);
      InputStream plain =
          compressed
              ? new DigestInputStream(new GzipCompressorInputStream(stored, true), plainSum)
              : stored;
      int[] shape = dimensions(plain, uri, what, magic);
      byte[] elements = elements(plain, uri, what, shape);
      String sha256 = Hex.encodeHexString(storedSum.digest());
      String contentSha256 = compressed ? Hex.encodeHexString(plainSum.digest()) : sha256;
      return new Content(new DataFile(uri, sha256, contentSha256), shape, elements);
    } catch (FileNotFoundException | NoSuchFileException e) {
      throw new DataException(uri + " does not exist; check data.path", e);
    } catch (EOFException e) {
      throw new DataException(
          uri + " is truncated: its gzip stream has no end; copy or download the file again", e);
    } catch (IOException e) {
      throw new DataException(
          Text.format("%s cannot be read: %s; if it is damaged, copy or download it again", uri, e),
          e);
    }
  }

  private static boolean isGzip(InputStream in) throws IOException {
    in.mark(Short.BYTES);
    byte[] start = in.readNBytes(Short.BYTES);
    in.reset();
    return start.length == Short.BYTES
        && (ByteBuffer.wrap(start).getShort() & 0xffff) == GZIP_MAGIC;
  }

  private static int[] dimensions(InputStream in, String uri, String what, int magic)
      throws IOException {
    int rank = magic & 0xff;
    byte[] start = in.readNBytes(Integer.BYTES * (1 + rank));
    if (start.length < Integer.BYTES * (1 + rank)) {
      throw new DataException(
          Text.format(
              "%s is truncated: an IDX file of %s begins with %d bytes of header, this one has %d bytes; copy or download it again",
              uri, what, Integer.BYTES * (1 + rank), start.length));
    }
    ByteBuffer header = ByteBuffer.wrap(start);
    int met = header.getInt();
    if (met != magic) {
      throw new DataException(
          Text.format(
              "%s is not an IDX file of %s: its magic number is 0x%08x, expected 0x%08x; check that the files are not swapped",
              uri, what, met, magic));
    }
    int[] shape = new int[rank];
    for (int i = 0; i < rank; i++) {
      shape[i] = header.getInt();
      if (shape[i] < 1) {
        throw new DataException(
            Text.format(
                "%s announces the shape %s; every dimension must be at least 1",
                uri, Arrays.toString(Arrays.copyOf(shape, i + 1))));
      }
    }
    return shape;
  }

  private static byte[] elements(InputStream in, String uri, String what, int[] shape)
      throws IOException {
    double announced = Arrays.stream(shape).asDoubleStream().reduce(1, (a, b) -> a * b);
    // Twice: what is read comes in pieces, which are then joined.
    long most = Math.min(Integer.MAX_VALUE - 16, Runtime.getRuntime().maxMemory() / 2);
    if (announced > most) {
      throw new DataException(
          Text.format(
              "%s announces %s of shape %s, %,.0f bytes; this process has memory for %,d: check the file, or give the driver more memory",
              uri, what, Arrays.toString(shape), announced, most));
    }
    byte[] elements = in.readNBytes((int) announced);
    boolean truncated = elements.length < announced;
    if (truncated || in.read() >= 0) {
      throw new DataException(
          Text.format(
              "%s %s: %s of shape %s take %.0f bytes after the header, the file has %s; copy or download it again",
              uri,
              truncated ? "is truncated" : "has trailing bytes",
              what,
              Arrays.toString(shape),
              announced,
              truncated ? elements.length : "more"));
    }
    return elements;
  }

  private record Content(DataFile file, int[] shape, byte[] elements) {}
}
