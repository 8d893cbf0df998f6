package io.densespark.storage;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.fs.FSError;

/**
 * A stream on which a disk that cannot be read is an {@link IOException}, as everywhere else:
 * Hadoop's local file system makes an {@link Error} of it, which passes every handler by.
 */
final class LocalReads extends FilterInputStream {

  LocalReads(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    try {
      return in.read();
    } catch (FSError e) {
      throw failed(e);
    }
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    try {
      return in.read(bytes, offset, length);
    } catch (FSError e) {
      throw failed(e);
    }
  }

  @Override
  public long skip(long n) throws IOException {
    try {
      return in.skip(n);
    } catch (FSError e) {
      throw failed(e);
    }
  }

  private static IOException failed(FSError e) {
    return e.getCause() instanceof IOException cause ? cause : new IOException(e.getMessage(), e);
  }
}
