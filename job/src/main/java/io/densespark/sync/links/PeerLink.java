package io.densespark.sync.links;

import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.sync.tree.RankRange;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The connection to one executor, proven to be that one: frames out, and by its {@link FrameInput}
 * in, never blocking.
 */
public final class PeerLink {
  private final String localName;
  private final int executor;
  private final RankRange ranks;
  private final PeerAddress address;
  private final PeerChannel channel;
  private final SelectionKey key;

  private final FrameInput input;

  /** Frames to be sent, the first one under way: a header, then the payload. */
  private final Deque<ByteBuffer[]> outgoing = new ArrayDeque<>();

  private long bytesSent;
  private FrameHeader latest;

  /**
   * @param localName of this process, for messages
   * @param executor number of the other one
   * @param ranks of the other one
   */
  PeerLink(
      String localName,
      int executor,
      RankRange ranks,
      PeerAddress address,
      PeerChannel channel,
      SelectionKey key) {
    this.localName = localName;
    this.executor = executor;
    this.ranks = ranks;
    this.address = address;
    this.channel = channel;
    this.key = key;
    input = new FrameInput(this, channel, key);
    key.attach(this);
    key.interestOps(SelectionKey.OP_READ);
  }

  /** Number of the executor at the other end. */
  public int executor() {
    return executor;
  }

  /** The ranks at the other end. */
  List<Integer> ranks() {
    return ranks.toList();
  }

  /** Ranks and address, for messages. */
  String name() {
    return ranks + " at " + address;
  }

  long bytesSent() {
    return bytesSent;
  }

  /** What arrives. */
  public FrameInput input() {
    return input;
  }

  /** Says what the link is being used for, for messages. */
  void usedFor(FrameHeader header) {
    latest = header;
  }

  boolean sending() {
    return !outgoing.isEmpty() || channel.hasUnsent();
  }

  /**
   * Queues a frame and sends what can be sent. The payload's buffers, each from its position to its
   * limit, are the link's until sent.
   */
  public void send(FrameHeader header, ByteBuffer... payload) throws IOException {
    usedFor(header);
    queue(header, payload);
    flush();
  }

  private void queue(FrameHeader header, ByteBuffer... payload) {
    ByteBuffer[] frame = new ByteBuffer[1 + payload.length];
    frame[0] = ByteBuffer.allocate(FrameHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.write(frame[0]);
    System.arraycopy(payload, 0, frame, 1, payload.length);
    outgoing.add(frame);
  }

  /** Sends what can be sent. */
  void flush() throws IOException {
    while (sending()) {
      ByteBuffer[] frame = outgoing.isEmpty() ? new ByteBuffer[0] : outgoing.peek();
      long count;
      try {
        count = channel.write(frame);
      } catch (IOException e) {
        throw input.lastWords().orElseGet(() -> lost(e));
      }
      bytesSent += count;
      if (Arrays.stream(frame).noneMatch(ByteBuffer::hasRemaining)) {
        outgoing.poll();
      } else if (count == 0) {
        key.interestOpsOr(SelectionKey.OP_WRITE);
        return;
      }
    }
    key.interestOpsAnd(~SelectionKey.OP_WRITE);
  }

  /** Sends a last frame behind the one that is under way, if any, instead of those not begun. */
  void sendLast(FrameHeader header, ByteBuffer payload) {
    if (input.left() || !channel.isOpen()) {
      outgoing.clear();
      return;
    }
    outgoing.removeIf(frame -> frame[0].position() == 0);
    key.interestOps(0);
    queue(header, payload);
    flushLast();
  }

  /** {@link #flush} for the end, when a failure no longer matters. */
  void flushLast() {
    try {
      flush();
    } catch (IOException | CollectiveException e) {
      outgoing.clear();
    }
  }

  /** Says to the peer that nothing more comes. */
  void endOutput() {
    try {
      channel.endOutput();
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
    outgoing.clear();
    channel.close();
  }

  CollectiveException mismatch(String what) {
    return new CollectiveException(
        Reason.MISMATCH,
        ranks(),
        Text.format(
            "%s: %s %s; all ranks must run the same steps of the same version",
            localName, name(), what));
  }

  CollectiveException lost(IOException cause) {
    String how =
        cause == null ? "closed its connection" : "is unreachable (" + cause.getMessage() + ")";
    return gone(how, cause);
  }

  CollectiveException gone(String how, IOException cause) {
    return new CollectiveException(
        Reason.PEER_LOST,
        ranks(),
        Text.format(
            "%s: %s %s%s; its process has died or was stopped, see that executor's log",
            localName, name(), how, during()),
        cause);
  }

  /** Where this rank is, for the end of a sentence. */
  String during() {
    return latest == null ? "" : " during " + latest.describe();
  }

  String localName() {
    return localName;
  }
}
