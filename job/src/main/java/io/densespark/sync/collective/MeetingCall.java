package io.densespark.sync.collective;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * What a slot tells the driver's {@link MeetingPoint}: that it is alive, and, once it is ready,
 * where the others reach it. It travels with a tag over the job's name and itself, which nobody can
 * make who does not know the run's secret.
 *
 * @param attempt of the driver to run the job, from 1
 * @param stageAttempt of Spark to run the stage, from 0
 * @param slot the caller
 * @param host the caller's machine, for messages
 * @param executor Spark's id of the caller's executor
 * @param address where the caller listens; null while it is still preparing
 */
public record MeetingCall(
    int attempt, int stageAttempt, int slot, String host, String executor, PeerAddress address) {

  private static final byte[] PURPOSE = "meeting call".getBytes(StandardCharsets.US_ASCII);

  /** The call and its tag as bytes. */
  public byte[] seal(RunSecret secret, String job) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(attempt);
      out.writeInt(stageAttempt);
      out.writeInt(slot);
      out.writeUTF(host);
      out.writeUTF(executor);
      out.writeUTF(address == null ? "" : address.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return SealedMessage.seal(secret, PURPOSE, job, bytes.toByteArray());
  }

  /** The call in the bytes; null if they are not of this job. */
  public static MeetingCall open(RunSecret secret, String job, byte[] sealed) {
    byte[] payload = SealedMessage.open(secret, PURPOSE, job, sealed);
    if (payload == null) {
      return null;
    }
    try (DataInputStream in = SealedMessage.input(payload)) {
      int attempt = in.readInt();
      int stageAttempt = in.readInt();
      int slot = in.readInt();
      String host = in.readUTF();
      String executor = in.readUTF();
      String address = in.readUTF();
      return new MeetingCall(
          attempt,
          stageAttempt,
          slot,
          host,
          executor,
          address.isEmpty() ? null : PeerAddress.parse(address));
    } catch (IOException e) {
      throw new UncheckedIOException("a call with a valid tag cannot be read", e);
    }
  }
}
