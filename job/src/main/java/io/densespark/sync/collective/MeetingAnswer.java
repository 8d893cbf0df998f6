package io.densespark.sync.collective;

import io.densespark.sync.collective.CollectiveException.Reason;
import io.densespark.text.Text;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the driver's {@link MeetingPoint} answers a slot.
 *
 * @param kind what is to be done
 * @param addresses of all slots, by slot, when all have come; else empty
 * @param slots whom a failure concerns
 * @param message of a failure, for people
 */
public record MeetingAnswer(
    Kind kind, List<PeerAddress> addresses, List<Integer> slots, String message) {

  private static final byte[] PURPOSE = "meeting answer".getBytes(StandardCharsets.US_ASCII);

  /** What the caller is to do. */
  public enum Kind {
    /** Call again: somebody is missing. */
    WAIT,
    /** Connect: everybody has come. */
    MET,
    /** Give up: a rank has been silent for too long. */
    LATE,
    /** Give up: this attempt is over, or the rank is taken. */
    REFUSED
  }

  static MeetingAnswer askAgain() {
    return new MeetingAnswer(Kind.WAIT, List.of(), List.of(), "");
  }

  static MeetingAnswer met(List<PeerAddress> addresses) {
    return new MeetingAnswer(Kind.MET, addresses, List.of(), "");
  }

  static MeetingAnswer late(List<Integer> slots, String message) {
    return new MeetingAnswer(Kind.LATE, List.of(), slots, message);
  }

  static MeetingAnswer refused(int slot, String message) {
    return new MeetingAnswer(Kind.REFUSED, List.of(), List.of(slot), message);
  }

  /** The answer and its tag as bytes. */
  public byte[] seal(RunSecret secret, String job) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(kind.ordinal());
      out.writeInt(addresses.size());
      for (PeerAddress address : addresses) {
        out.writeUTF(address.toString());
      }
      out.writeInt(slots.size());
      for (int slot : slots) {
        out.writeInt(slot);
      }
      out.writeUTF(message);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return SealedMessage.seal(secret, PURPOSE, job, bytes.toByteArray());
  }

  /** The answer in the bytes. */
  public static MeetingAnswer open(RunSecret secret, String job, byte[] sealed) {
    byte[] payload = SealedMessage.open(secret, PURPOSE, job, sealed);
    if (payload == null) {
      throw new IllegalStateException("who answered in the driver's place is not of this run");
    }
    try (DataInputStream in = SealedMessage.input(payload)) {
      Kind kind = Kind.values()[in.readByte()];
      List<PeerAddress> addresses = new ArrayList<>();
      for (int n = in.readInt(); n > 0; n--) {
        addresses.add(PeerAddress.parse(in.readUTF()));
      }
      List<Integer> slots = new ArrayList<>();
      for (int n = in.readInt(); n > 0; n--) {
        slots.add(in.readInt());
      }
      return new MeetingAnswer(kind, addresses, slots, in.readUTF());
    } catch (IOException e) {
      throw new UncheckedIOException("an answer with a valid tag cannot be read", e);
    }
  }

  /** The failure that this answer means for a slot. */
  public CollectiveException toException(Placement placement, int slot) {
    List<Integer> ranks = new ArrayList<>();
    slots.stream()
        .filter(one -> one < placement.slots())
        .forEach(one -> ranks.addAll(ExecutorGroup.ranks(placement.ranksOfSlot(one))));
    return kind == Kind.LATE
        ? new CollectiveTimeoutException(ranks, message, null)
        : new CollectiveAbortedException(
            Reason.ABORTED, ranks, Text.format("slot %d was not let in: %s", slot, message), null);
  }

  /** The failure of a slot that the driver does not answer. */
  public static CollectiveException unanswered(Placement placement, int slot, Exception cause) {
    return new CollectiveTimeoutException(
        ExecutorGroup.ranks(placement.ranksOfSlot(slot)),
        Text.format(
            "slot %d: the driver did not answer while the slots were to meet (%s); is spark.driver.host reachable from that executor?",
            slot, cause.getMessage()),
        cause);
  }
}
