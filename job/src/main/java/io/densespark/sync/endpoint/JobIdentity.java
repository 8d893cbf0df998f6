package io.densespark.sync.endpoint;

import io.densespark.sync.links.RunSecret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.apache.commons.lang3.ArrayUtils;

/**
 * What a job's slots and its driver know each other by: who knows the secret of the run is one of
 * them.
 *
 * @param job its name
 * @param secret of the run; never printed
 * @param timeout how long one may be silent, and longest wait for an answer
 */
public record JobIdentity(String job, RunSecret secret, Duration timeout) {

  /** Name of the job's {@link DriverEndpoint}. */
  String endpoint() {
    return "densespark-" + job.replace('/', '-');
  }

  /** The message and its tag as bytes. */
  byte[] seal(SlotMessage said) {
    byte[] message = JavaBytes.of(said);
    return ArrayUtils.addAll(message, secret.tag(purpose(), message));
  }

  /** The message in the bytes; null if they are not of this job. */
  SlotMessage open(byte[] sealed) {
    int length = Math.max(0, sealed.length - RunSecret.TAG_BYTES);
    byte[] message = Arrays.copyOf(sealed, length);
    byte[] tag = Arrays.copyOfRange(sealed, length, sealed.length);
    return secret.verifies(tag, purpose(), message)
        ? JavaBytes.read(message, SlotMessage.class)
        : null;
  }

  /** The driver's answer to a slot that is ready; what a slot has said is none. */
  RendezvousAnswer openAnswer(byte[] sealed) {
    if (open(sealed) instanceof RendezvousAnswer answer) {
      return answer;
    }
    throw new IllegalStateException("who answered in the driver's place is not of this run");
  }

  private byte[] purpose() {
    return ("message of " + job).getBytes(StandardCharsets.UTF_8);
  }
}
