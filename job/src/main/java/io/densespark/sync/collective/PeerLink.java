package io.densespark.sync.collective;

import io.densespark.sync.collective.CollectiveException.Reason;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.util.Arrays;
import java.util.List;

/**
 * The connection to one executor, proven to be that one: frames out, and by its {@link FrameInput}
 * in, never blocking.
 */
final class PeerLink {
  // One contribution and one result are in flight at most, and an abort or goodbye behind them.
  private static final int MAX_OUTGOING = 4;

  private final String localName;
  private final int executor;
  private final RankRange ranks;
  private final PeerAddress address;
  private final PeerChannel channel;
  private final SelectionKey key;

  private final FrameInput input;
  private final ByteBuffer[] headers = new ByteBuffer[MAX_OUTGOING];
  private int nextHeader;
  // Headers at even places, their payloads behind them.
  private final ByteBuffer[] outgoing = new ByteBuffer[2 * MAX_OUTGOING];
  private int outgoingCount;

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
    ByteBuffer memory = ByteBuffer.allocateDirect(MAX_OUTGOING * FrameHeader.BYTES);
    for (int i = 0; i < MAX_OUTGOING; i++) {
      int at = i * FrameHeader.BYTES;
      headers[i] = memory.slice(at, FrameHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }
    key.attach(this);
    key.interestOps(SelectionKey.OP_READ);
  }

  /** Number of the executor at the other end. */
  int executor() {
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
  FrameInput input() {
    return input;
  }

  /** Says what the link is being used for, for messages. */
  void usedFor(FrameHeader header) {
    latest = header;
  }

  boolean sending() {
    return outgoingCount > 0 || channel.hasUnsent();
  }

  /**
   * Queues a frame, whose payload goes from its buffer's position to its limit, and sends what can
   * be sent. The buffer is the link's until sent.
   */
  void send(FrameHeader header, ByteBuffer payload) throws IOException {
    usedFor(header);
    queue(header, payload);
    flush();
  }

  private void queue(FrameHeader header, ByteBuffer payload) {
    ByteBuffer head = headers[nextHeader];
    nextHeader = (nextHeader + 1) % MAX_OUTGOING;
    header.write(head.clear());
    outgoing[2 * outgoingCount] = head;
    outgoing[2 * outgoingCount + 1] = payload;
    outgoingCount++;
  }

  /** Sends what can be sent. */
  void flush() throws IOException {
    while (sending()) {
      long count;
      try {
        count = channel.write(outgoing, 2 * outgoingCount);
      } catch (IOException e) {
        throw input.lastWords().orElseGet(() -> lost(e));
      }
      bytesSent += count;
      dropSent();
      if (count == 0 && sending()) {
        key.interestOpsOr(SelectionKey.OP_WRITE);
        return;
      }
    }
    key.interestOpsAnd(~SelectionKey.OP_WRITE);
  }

  private void dropSent() {
    int sent = 0;
    while (sent < outgoingCount
        && !outgoing[2 * sent].hasRemaining()
        && !outgoing[2 * sent + 1].hasRemaining()) {
      sent++;
    }
    System.arraycopy(outgoing, 2 * sent, outgoing, 0, 2 * (outgoingCount - sent));
    Arrays.fill(outgoing, 2 * (outgoingCount - sent), 2 * outgoingCount, null);
    outgoingCount -= sent;
  }

  /** Sends a last frame behind the one that is under way, if any, instead of those not begun. */
  void sendLast(FrameHeader header, ByteBuffer payload) {
    if (input.left() || !channel.isOpen()) {
      outgoingCount = 0;
      return;
    }
    boolean begun = outgoingCount > 0 && outgoing[0].position() > 0;
    outgoingCount = begun ? 1 : 0;
    key.interestOps(0);
    queue(header, payload);
    flushLast();
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
    outgoingCount = 0;
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
