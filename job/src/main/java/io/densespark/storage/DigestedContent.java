package io.densespark.storage;

import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.util.HexFormat;
import org.apache.commons.codec.digest.DigestUtils;

/** Content that can tell, once it was written, how much it was. */
public final class DigestedContent implements Content {

  private final Content content;
  private long bytes;
  private String sha256;

  public DigestedContent(Content content) {
    this.content = content;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    Counted counted = new Counted(out);
    content.writeTo(counted);
    bytes = counted.bytes;
    sha256 = HexFormat.of().formatHex(counted.getMessageDigest().digest());
  }

  /** Bytes that were written. */
  public long bytes() {
    return bytes;
  }

  /** SHA-256 of what was written, in hexadecimal digits. */
  public String sha256() {
    return sha256;
  }

  private static final class Counted extends DigestOutputStream {
    private long bytes;

    Counted(OutputStream out) {
      super(out, DigestUtils.getSha256Digest());
    }

    @Override
    public void write(int b) throws IOException {
      super.write(b);
      bytes++;
    }

    @Override
    public void write(byte[] b, int offset, int length) throws IOException {
      super.write(b, offset, length);
      bytes += length;
    }
  }
}
