package io.densespark.sync.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.List;

/**
 * The connection to one rank, proven to be that rank: frames out, and by its {@link FrameInput} in,
 * never blocking.
 */
final class PeerLink {
  // One contribution and one result are in flight at most, and an abort or goodbye behind them.
  private static final int MAX_OUTGOING = 4;

  private final int localRank;
  private final int rank;
  private final PeerAddress address;
  private final SocketChannel channel;
  private final SelectionKey key;

  private final FrameInput input;
  private final ByteBuffer[] outgoing = new ByteBuffer[MAX_OUTGOING];
  private int outgoingCount;

  private long bytesSent;
  private FrameHeader latest;

  PeerLink(int localRank, int rank, PeerAddress address, SocketChannel channel, SelectionKey key) {
    this.localRank = localRank;
    this.rank = rank;
    this.address = address;
    this.channel = channel;
    this.key = key;
    input = new FrameInput(this, channel, key);
    key.attach(this);
    key.interestOps(SelectionKey.OP_READ);
  }

  int rank() {
    return rank;
  }

  /** Rank and address, for messages. */
  String name() {
    return "rank " + rank + " at " + address;
  }

  long bytesSent() {
    return bytesSent;
  }

  /** What arrives. */
  FrameInput input() {
    return input;
  }

  /** Says what the link is being used for, for messages. */
  void usedFor(FrameHeader header) {
    latest = header;
  }

  boolean sending() {
    return outgoingCount > 0;
  }

  /**
   * Queues a frame, from its position to its limit, and sends what can be sent. The buffer is the
   * link's until sent.
   */
  void send(FrameHeader header, ByteBuffer frame) throws IOException {
    latest = header;
    outgoing[outgoingCount++] = frame;
    flush();
  }

  /** Sends what can be sent. */
  void flush() throws IOException {
    while (outgoingCount > 0) {
      ByteBuffer frame = outgoing[0];
      while (frame.hasRemaining()) {
        int count;
        try {
          count = channel.write(frame);
        } catch (IOException e) {
          input.readLastWords();
          throw lost(e);
        }
        if (count == 0) {
          key.interestOpsOr(SelectionKey.OP_WRITE);
          return;
        }
        bytesSent += count;
      }
      outgoingCount--;
      System.arraycopy(outgoing, 1, outgoing, 0, outgoingCount);
      outgoing[outgoingCount] = null;
    }
    key.interestOpsAnd(~SelectionKey.OP_WRITE);
  }

  /** Sends a last frame behind the one that is under way, if any, instead of those not begun. */
  void sendLast(ByteBuffer frame) {
    if (input.left() || !channel.isOpen()) {
      outgoingCount = 0;
      return;
    }
    if (outgoingCount > 0 && outgoing[0].position() == 0) {
      outgoingCount = 0;
    }
    outgoingCount = Math.min(outgoingCount, 1);
    key.interestOps(0);
    try {
      send(latest, frame);
    } catch (IOException | CollectiveException e) {
      outgoingCount = 0; // It cannot be told.
    }
  }

  /** {@link #flush} for the end, when a failure no longer matters. */
  void flushLast() {
    try {
      flush();
    } catch (IOException | CollectiveException e) {
      outgoingCount = 0;
    }
  }

  /** Says to the peer that nothing more comes. */
  void endOutput() {
    try {
      if (channel.isConnected()) {
        channel.shutdownOutput();
      }
      key.interestOps(SelectionKey.OP_READ);
    } catch (IOException | CancelledKeyException e) {
      // The peer is gone already.
    }
  }

  boolean readable() {
    return key.isValid() && key.isReadable();
  }

  boolean writable() {
    return key.isValid() && key.isWritable();
  }

  void close() {
    outgoingCount = 0;
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is left to free.
    }
  }

  CollectiveMismatchException mismatch(String what) {
    return new CollectiveMismatchException(
        List.of(rank),
        "rank %d: %s %s; all ranks must run the same steps of the same version"
            .formatted(localRank, name(), what),
        null);
  }

  PeerLostException lost(IOException cause) {
    String how =
        cause == null ? "closed its connection" : "is unreachable (" + cause.getMessage() + ")";
    return gone(how, cause);
  }

  PeerLostException gone(String how, IOException cause) {
    return new PeerLostException(
        List.of(rank),
        "rank %d: %s %s%s; its process has died or was stopped, see that executor's log"
            .formatted(localRank, name(), how, during()),
        cause);
  }

  /** Where this rank is, for the end of a sentence. */
  String during() {
    return latest == null ? "" : " during " + latest.describe();
  }

  int localRank() {
    return localRank;
  }
}
