package io.densespark.sync.collective;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * What a rank tells the driver's {@link MeetingPoint}: that it is alive, and, once it is ready,
 * where the others reach it. It travels with a tag over the job's name and itself, which nobody can
 * make who does not know the run's secret.
 *
 * @param attempt of the driver to run the job, from 1
 * @param stageAttempt of Spark to run the stage, from 0
 * @param rank the caller
 * @param host the caller's machine, for messages
 * @param address where the caller listens; null while it is still preparing
 */
public record MeetingCall(
    int attempt, int stageAttempt, int rank, String host, PeerAddress address) {

  private static final byte[] PURPOSE = "meeting call".getBytes(StandardCharsets.US_ASCII);

  /** The call and its tag as bytes. */
  public byte[] seal(RunSecret secret, String job) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(attempt);
      out.writeInt(stageAttempt);
      out.writeInt(rank);
      out.writeUTF(host);
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
      int rank = in.readInt();
      String host = in.readUTF();
      String address = in.readUTF();
      return new MeetingCall(
          attempt, stageAttempt, rank, host, address.isEmpty() ? null : PeerAddress.parse(address));
    } catch (IOException e) {
      throw new UncheckedIOException("a call with a valid tag cannot be read", e);
    }
  }
}
