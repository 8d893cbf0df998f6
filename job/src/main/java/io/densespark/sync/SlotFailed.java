package io.densespark.sync;

import io.densespark.sync.collective.RunSecret;
import io.densespark.sync.collective.SealedMessage;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;

/**
 * A slot's last words to the driver.
 *
 * @param attempt of the driver to run the job, from 1
 * @param stageAttempt of Spark to run the stage, from 0
 * @param executor Spark's id of the slot's executor
 * @param slot the sender
 * @param failure what it met
 */
record SlotFailed(int attempt, int stageAttempt, String executor, int slot, SlotFailure failure)
    implements Serializable {

  private static final byte[] PURPOSE = "slot failed".getBytes(StandardCharsets.US_ASCII);

  byte[] seal(RunSecret secret, String job) {
    return SealedMessage.seal(secret, PURPOSE, job, JavaBytes.of(this));
  }

  /** Null if the bytes are something else. */
  static SlotFailed open(RunSecret secret, String job, byte[] sealed) {
    byte[] payload = SealedMessage.open(secret, PURPOSE, job, sealed);
    return payload == null ? null : JavaBytes.read(payload, SlotFailed.class);
  }
}
