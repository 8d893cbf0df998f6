package io.densespark.sync.collective;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes with a tag over their purpose, a job's name and themselves, which nobody can make who does
 * not know the run's secret: how executors and the driver of a job speak outside its collective.
 */
public final class SealedMessage {

  private SealedMessage() {}

  /**
   * The payload with its tag behind it.
   *
   * @param purpose what kind of message it is: a tag of another kind does not fit
   */
  public static byte[] seal(RunSecret secret, byte[] purpose, String job, byte[] payload) {
    byte[] tag = secret.tag(purpose, job.getBytes(StandardCharsets.UTF_8), payload);
    byte[] sealed = Arrays.copyOf(payload, payload.length + tag.length);
    System.arraycopy(tag, 0, sealed, payload.length, tag.length);
    return sealed;
  }

  /** The payload; null if the bytes are not such a message of this job. */
  public static byte[] open(RunSecret secret, byte[] purpose, String job, byte[] sealed) {
    int length = sealed.length - HandshakeMessages.TAG_BYTES;
    if (length < 0) {
      return null;
    }
    byte[] payload = Arrays.copyOf(sealed, length);
    byte[] tag = Arrays.copyOfRange(sealed, length, sealed.length);
    boolean ours = secret.verifies(tag, purpose, job.getBytes(StandardCharsets.UTF_8), payload);
    return ours ? payload : null;
  }
}
