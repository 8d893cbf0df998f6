package io.densespark.sync.collective;

import io.densespark.text.Text;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What the ranks of one run know and nobody else does. Made once by the driver and handed to the
 * tasks by Spark; never printed.
 */
public final class RunSecret {
  private static final int SECRET_BYTES = 32;
  private static final String ALGORITHM = "HmacSHA256";

  private final byte[] secret;

  private RunSecret(byte[] secret) {
    if (secret.length < SECRET_BYTES) {
      throw new IllegalArgumentException(
          Text.format(
              "run secret of %d bytes: at least %d are needed", secret.length, SECRET_BYTES));
    }
    this.secret = secret;
  }

  /** A new secret. */
  public static RunSecret random() {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return new RunSecret(bytes);
  }

  /** The secret that {@link #encoded} wrote. */
  public static RunSecret decode(String encoded) {
    return new RunSecret(Base64.getDecoder().decode(encoded));
  }

  /** The secret as text, for handing it to the other ranks over a trusted channel. */
  public String encoded() {
    return Base64.getEncoder().encodeToString(secret);
  }

  /** HMAC-SHA-256 over the parts, one after another. */
  byte[] tag(byte[]... parts) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret, ALGORITHM));
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          "this JVM lacks " + ALGORITHM + ", which every JVM must have", e);
    }
  }

  /** Whether the tag is right, in a time that does not tell where it differs. */
  boolean verifies(byte[] tag, byte[]... parts) {
    return MessageDigest.isEqual(tag, tag(parts));
  }

  @Override
  public String toString() {
    return "RunSecret[hidden]";
  }
}
