package io.densespark.sync.links;

import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.text.Text;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a rank that gives up tells the others: one byte of reason, one byte counting the ranks
 * concerned, those ranks, and a message.
 *
 * @param reason what it met
 * @param ranks whom it concerns
 * @param message for people
 */
record AbortNotice(Reason reason, List<Integer> ranks, String message) {
  private static final int MAX_RANKS = 16;

  static AbortNotice of(CollectiveException failure) {
    List<Integer> ranks = failure.ranks();
    return new AbortNotice(
        failure.reason(),
        ranks.subList(0, Math.min(MAX_RANKS, ranks.size())),
        failure.getMessage());
  }

  byte[] encode() {
    ByteBuffer bytes = ByteBuffer.allocate(FrameInput.MAX_ABORT_BYTES);
    bytes.put((byte) reason.ordinal()).put((byte) ranks.size());
    ranks.forEach(bytes::putInt);
    bytes.put(bounded(message, bytes.remaining()));
    byte[] encoded = new byte[bytes.flip().remaining()];
    bytes.get(encoded);
    return encoded;
  }

  static AbortNotice decode(byte[] encoded) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(encoded);
      int reason = bytes.get();
      int count = bytes.get();
      List<Integer> ranks = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        ranks.add(bytes.getInt());
      }
      Reason[] reasons = Reason.values();
      return new AbortNotice(
          reason >= 0 && reason < reasons.length ? reasons[reason] : Reason.ABORTED,
          ranks,
          StandardCharsets.UTF_8.decode(bytes).toString());
    } catch (BufferUnderflowException e) {
      return new AbortNotice(Reason.ABORTED, List.of(), "it gave no reason");
    }
  }

  CollectiveException toException(PeerLink sender) {
    return new CollectiveException(
        reason,
        ranks.isEmpty() ? sender.ranks() : ranks,
        Text.format("%s: %s gave up: %s", sender.localName(), sender.name(), message));
  }

  /** The text as at most {@code maxBytes} bytes of UTF-8. */
  private static byte[] bounded(String text, int maxBytes) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= maxBytes ? bytes : Arrays.copyOf(bytes, maxBytes);
  }
}
