package io.densespark.sync.links;

import io.densespark.text.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.util.Optional;

/**
 * The frames that a rank sends to this one, each checked against what is expected before any of its
 * payload is read.
 *
 * <p>A peer may be an operation ahead. Its next header is read, so that an abort is seen, but its
 * payload stays in the socket until this rank expects it: flow control is TCP's.
 */
public final class FrameInput {

  /** Takes frames whose payload has arrived in the buffer it was expected in. */
  @FunctionalInterface
  public interface Sink {
    void frameArrived(PeerLink link, FrameHeader header) throws IOException;
  }

  static final int MAX_ABORT_BYTES = 1024;

  /** Payloads up to this size do not make buffers grow. */
  static final int SMALL_BYTES = 256;

  private final PeerLink link;
  private final PeerChannel channel;
  private final SelectionKey key;
  private final ByteBuffer headerIn =
      ByteBuffer.allocateDirect(FrameHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer abortIn = ByteBuffer.allocate(MAX_ABORT_BYTES);
  private FrameHeader arrived;
  private FrameHeader expected;
  private ByteBuffer target;
  private int maxPayloadBytes;
  private boolean payloadStarted;
  private boolean left;
  private ByteBuffer gathered = ByteBuffer.allocate(0);

  FrameInput(PeerLink link, PeerChannel channel, SelectionKey key) {
    this.link = link;
    this.channel = channel;
    this.key = key;
  }

  boolean expecting() {
    return expected != null;
  }

  /** What is expected next; null: nothing. */
  FrameHeader expected() {
    return expected;
  }

  boolean headerWaits() {
    return arrived != null;
  }

  boolean left() {
    return left;
  }

  /** The payload of a frame whose length the sender chose. */
  ByteBuffer gathered() {
    return gathered;
  }

  /**
   * Expects a frame of exactly the length in {@code header}, into {@code payload} from its start.
   */
  public void expect(FrameHeader header, ByteBuffer payload) {
    expect(header, payload, header.payloadBytes());
  }

  /** Expects a frame of any length up to a limit, into a buffer of its own. */
  void expectUpTo(FrameHeader header, int maxBytes) {
    expect(header, null, maxBytes);
  }

  private void expect(FrameHeader header, ByteBuffer payload, int maxBytes) {
    link.usedFor(header);
    if (left) {
      throw link.gone("left the run", null);
    }
    expected = header;
    target = payload;
    maxPayloadBytes = maxBytes;
    payloadStarted = false;
    key.interestOpsOr(SelectionKey.OP_READ);
  }

  /** Reads what there is, and hands on each expected frame. */
  void receive(Sink sink) throws IOException {
    while (!left) {
      if (arrived == null) {
        if (!fill(headerIn)) {
          return;
        }
        headerIn.clear();
        acceptHeader();
        continue;
      }
      if (arrived.kind() == FrameKind.ABORT) {
        if (fill(abortIn)) {
          throw aborted();
        }
        return;
      }
      if (expected == null) {
        key.interestOpsAnd(~SelectionKey.OP_READ);
        return;
      }
      if (!payloadStarted) {
        startPayload();
      }
      if (!fill(target)) {
        return;
      }
      FrameHeader complete = arrived;
      arrived = null;
      expected = null;
      payloadStarted = false;
      sink.frameArrived(link, complete);
    }
  }

  private void acceptHeader() {
    FrameHeader header = FrameHeader.read(headerIn);
    if (header == null || header.sender() != link.executor()) {
      throw link.mismatch("sent what is not a frame of this protocol" + link.during());
    }
    switch (header.kind()) {
      case GOODBYE -> {
        left = true;
        key.interestOpsAnd(~SelectionKey.OP_READ);
        if (expected != null) {
          throw link.gone("left the run", null);
        }
      }
      case ABORT -> {
        if (header.payloadBytes() > MAX_ABORT_BYTES) {
          throw link.mismatch("sent an abort of " + header.payloadBytes() + " bytes");
        }
        abortIn.clear().limit(header.payloadBytes());
        arrived = header;
      }
      case CONTRIBUTION, RESULT -> arrived = header;
    }
  }

  private void startPayload() {
    boolean fits =
        target == null
            ? arrived.payloadBytes() <= maxPayloadBytes
            : arrived.payloadBytes() == maxPayloadBytes;
    if (arrived.kind() != expected.kind() || !arrived.sameOperation(expected) || !fits) {
      throw link.mismatch(
          Text.format(
              "is at %s with a %s of %d bytes, and %s at %s, which needs a %s of %s%d bytes",
              arrived.describe(),
              lower(arrived.kind()),
              arrived.payloadBytes(),
              link.localName(),
              expected.describe(),
              lower(expected.kind()),
              target == null ? "at most " : "",
              maxPayloadBytes));
    }
    if (target == null) {
      if (gathered.capacity() < arrived.payloadBytes()) {
        gathered = ByteBuffer.allocateDirect(Math.max(SMALL_BYTES, arrived.payloadBytes()));
      }
      target = gathered;
    }
    target.clear().limit(arrived.payloadBytes());
    payloadStarted = true;
  }

  /** Reads until the buffer is full; false: the rest has not arrived. */
  private boolean fill(ByteBuffer buffer) {
    while (buffer.hasRemaining()) {
      int count;
      try {
        count = channel.read(buffer);
      } catch (IOException e) {
        throw link.lost(e);
      }
      if (count < 0) {
        throw link.lost(null);
      }
      if (count == 0) {
        return false;
      }
    }
    return true;
  }

  /** What the peer says, behind all data, of why it went: it explains more than a broken pipe. */
  Optional<CollectiveException> lastWords() {
    ByteBuffer discarded = ByteBuffer.allocate(1 << 14);
    try {
      while (!left) {
        if (arrived == null) {
          if (!fill(headerIn)) {
            return Optional.empty();
          }
          headerIn.clear();
          acceptHeader();
        } else if (arrived.kind() == FrameKind.ABORT) {
          return fill(abortIn) ? Optional.of(aborted()) : Optional.empty();
        } else {
          int pending = arrived.payloadBytes() - (payloadStarted ? target.position() : 0);
          while (pending > 0) {
            if (!fill(discarded.clear().limit(Math.min(pending, discarded.capacity())))) {
              return Optional.empty();
            }
            pending -= discarded.limit();
          }
          arrived = null;
          payloadStarted = false;
        }
      }
    } catch (CollectiveException e) {
      // It ended in the middle of a frame.
    }
    return Optional.empty();
  }

  /**
   * Throws away what has arrived; returns whether the peer has closed its end. A socket that is
   * closed before that answers the peer's bytes with a reset, which takes what the peer has not
   * received yet along.
   */
  boolean drained() {
    ByteBuffer discarded = ByteBuffer.allocate(1 << 14);
    try {
      int count;
      do {
        count = channel.read(discarded.clear());
      } while (count > 0);
      if (count < 0) {
        key.interestOps(0);
      }
      return count < 0;
    } catch (IOException | CancelledKeyException e) {
      return true;
    }
  }

  private CollectiveException aborted() {
    byte[] payload = new byte[abortIn.flip().remaining()];
    abortIn.get(payload);
    return AbortNotice.decode(payload).toException(link);
  }

  private static String lower(FrameKind kind) {
    return kind == FrameKind.RESULT ? "result" : "contribution";
  }
}
