package io.densespark.sync.collective;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A piece of one slot's state on its way to the driver, with a tag that nobody can make who does
 * not know the run's secret: what comes back from a checkpoint goes into every replica.
 *
 * @param attempt of the driver to run the job, from 1
 * @param stageAttempt of Spark to run the stage, from 0
 * @param slot the sender
 * @param slots how many send a part
 * @param stepInEpoch steps done of the epoch under way: names the snapshot within its attempt
 * @param total bytes of the slot's whole state
 * @param offset where this piece belongs
 * @param bytes the piece
 */
public record SnapshotChunk(
    int attempt,
    int stageAttempt,
    int slot,
    int slots,
    int stepInEpoch,
    int total,
    int offset,
    byte[] bytes) {

  private static final byte[] PURPOSE = "snapshot chunk".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER_BYTES = 7 * Integer.BYTES;

  /** The piece and its tag as bytes. */
  public byte[] seal(RunSecret secret, String job) {
    ByteArrayOutputStream sealed = new ByteArrayOutputStream(HEADER_BYTES + bytes.length);
    try (DataOutputStream out = new DataOutputStream(sealed)) {
      for (int number :
          new int[] {attempt, stageAttempt, slot, slots, stepInEpoch, total, offset}) {
        out.writeInt(number);
      }
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return SealedMessage.seal(secret, PURPOSE, job, sealed.toByteArray());
  }

  /** The piece in the bytes; null if they are not of this job. */
  public static SnapshotChunk open(RunSecret secret, String job, byte[] sealed) {
    byte[] payload = SealedMessage.open(secret, PURPOSE, job, sealed);
    if (payload == null) {
      return null;
    }
    try (DataInputStream in = SealedMessage.input(payload)) {
      return new SnapshotChunk(
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readInt(),
          in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("a piece with a valid tag cannot be read", e);
    }
  }
}
