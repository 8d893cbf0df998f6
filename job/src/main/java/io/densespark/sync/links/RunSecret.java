package io.densespark.sync.links;

import java.io.Serializable;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import org.apache.commons.codec.digest.HmacAlgorithms;
import org.apache.commons.codec.digest.HmacUtils;

/**
 * What the ranks of one run know and nobody else does. Made once by the driver and handed to the
 * tasks by Spark; never printed.
 */
public final class RunSecret implements Serializable {
  /** Bytes of a tag. */
  public static final int TAG_BYTES = 32;

  private static final int SECRET_BYTES = 32;

  private final byte[] secret;

  private RunSecret(byte[] secret) {
    this.secret = secret;
  }

  /** A new secret. */
  public static RunSecret random() {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return new RunSecret(bytes);
  }

  /**
   * HMAC-SHA-256 over the parts, one after another. The first says what for: tags of one purpose
   * must not serve for another.
   */
  public byte[] tag(byte[]... parts) {
    Mac mac = HmacUtils.getInitializedMac(HmacAlgorithms.HMAC_SHA_256, secret);
    for (byte[] part : parts) {
      mac.update(part);
    }
    return mac.doFinal();
  }

  /** Whether the tag is right, in a time that does not tell where it differs. */
  public boolean verifies(byte[] tag, byte[]... parts) {
    return MessageDigest.isEqual(tag, tag(parts));
  }

  @Override
  public String toString() {
    return "RunSecret[hidden]";
  }
}
