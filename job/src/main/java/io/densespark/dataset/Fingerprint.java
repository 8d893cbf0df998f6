package io.densespark.dataset;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;

/** SHA-256 over the digests of examples, in their order. */
final class Fingerprint {

  private final MessageDigest sha256 = DigestUtils.getSha256Digest();

  /**
   * @param digest of an image and its label, as {@link RowsLook#digest}
   * @param part an ordinal of {@link Part}, or {@link RowsLook#NO_PART}
   */
  void add(long digest, byte part) {
    sha256.update(ByteBuffer.allocate(Long.BYTES + 1).putLong(digest).put(part).array());
  }

  /** Lower-case hexadecimal; begins anew. */
  String sha256() {
    return Hex.encodeHexString(sha256.digest());
  }
}
