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
 * An IDX file that is read from its first element to its last, of which a few are held at a time.
 *
 * <p>No more is read than the header announces, so that a file that inflates to more ends early.
 */
final class IdxFile implements AutoCloseable {

  private static final int GZIP_MAGIC = 0x1f8b;

  private final String uri;
  private final String what;
  private final MessageDigest storedSum = DigestUtils.getSha256Digest();
  private final MessageDigest plainSum = DigestUtils.getSha256Digest();
  private final InputStream in;
  private final boolean compressed;
  private final int[] shape;
  private long read;

  private interface Call<T> {
    T get() throws IOException;
  }

  /**
   * Opens a file and reads its header.
   *
   * @param what the elements, for people
   * @param magic what the file must begin with
   * @throws DataException as all methods here, when the file is missing, cannot be read, or is not
   *     what it should be
   */
  IdxFile(FileOpener opener, String uri, String what, int magic) {
    this.uri = uri;
    this.what = what;
    InputStream stored =
        attempt(() -> new BufferedInputStream(new DigestInputStream(opener.open(uri), storedSum)));
    try {
      this.compressed = attempt(() -> isGzip(stored));
      this.in =
          compressed
              ? attempt(
                  () ->
                      new BufferedInputStream(
                          new DigestInputStream(
                              new GzipCompressorInputStream(stored, true), plainSum)))
              : stored;
      this.shape = attempt(() -> dimensions(magic));
    } catch (DataException e) {
      closeQuietly(stored, e);
      throw e;
    }
  }

  boolean compressed() {
    return compressed;
  }

  /** Of the elements: their number first. */
  int[] shape() {
    return shape;
  }

  /** The next bytes. */
  byte[] next(int bytes) {
    byte[] next = attempt(() -> in.readNBytes(bytes));
    read += next.length;
    if (next.length < bytes) {
      throw wrongLength("is truncated", Long.toString(read));
    }
    return next;
  }

  /** Reads the file's end, which must be here; what the file held. */
  DataFile end() {
    if (attempt(in::read) >= 0) {
      throw wrongLength("has trailing bytes", "more");
    }
    String sha256 = Hex.encodeHexString(storedSum.digest());
    return new DataFile(uri, sha256, compressed ? Hex.encodeHexString(plainSum.digest()) : sha256);
  }

  private DataException wrongLength(String how, String has) {
    return new DataException(
        Text.format(
            "%s %s: %s of shape %s take %.0f bytes after the header, the file has %s; copy or download it again",
            uri,
            how,
            what,
            Arrays.toString(shape),
            Arrays.stream(shape).asDoubleStream().reduce(1, (a, b) -> a * b),
            has));
  }

  private static boolean isGzip(InputStream in) throws IOException {
    in.mark(Short.BYTES);
    byte[] start = in.readNBytes(Short.BYTES);
    in.reset();
    return start.length == Short.BYTES
        && (ByteBuffer.wrap(start).getShort() & 0xffff) == GZIP_MAGIC;
  }

  private int[] dimensions(int magic) throws IOException {
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

  private <T> T attempt(Call<T> call) {
    try {
      return call.get();
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

  private static void closeQuietly(InputStream in, Exception first) {
    try {
      in.close();
    } catch (IOException e) {
      first.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    attempt(
        () -> {
          in.close();
          return null;
        });
  }
}
