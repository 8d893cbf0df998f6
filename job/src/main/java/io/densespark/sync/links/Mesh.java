package io.densespark.sync.links;

import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.sync.tree.Operation;
import io.densespark.sync.tree.Placement;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.io.IOUtils;

/**
 * One rank's connections to all others, and the loop that waits on them. The calling thread does
 * all the work, and sleeps in the selector when there is none: no thread of its own, nothing that
 * spins beside busy compute threads.
 */
public final class Mesh {
  // How long a failing or leaving rank tries to get its last frames out.
  private static final long FAREWELL_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

  private final int executor;
  private final Placement placement;
  private final PeerLink[] links;
  private final Selector selector;
  private ByteBuffer gatherOut = ByteBuffer.allocateDirect(FrameInput.SMALL_BYTES);
  private volatile CollectiveException stopRequest;
  private long waitNanos;
  private boolean closed;

  Mesh(int executor, Placement placement, Selector selector) {
    this.executor = executor;
    this.placement = placement;
    this.links = new PeerLink[placement.executors()];
    this.selector = selector;
  }

  /** Number of this executor. */
  public int executor() {
    return executor;
  }

  int executors() {
    return links.length;
  }

  /** The ranks of an executor, for messages. */
  String name(int of) {
    return placement.ranksOfExecutor(of).toString();
  }

  List<Integer> ranks(int of) {
    return placement.ranksOfExecutor(of).toList();
  }

  /** The link to a rank; null for this rank, and for one that has not been met. */
  public PeerLink link(int peer) {
    return links[peer];
  }

  void add(PeerLink link) {
    links[link.executor()] = link;
  }

  /** Time spent in the selector. */
  public long waitNanos() {
    return waitNanos;
  }

  /** Sent to all, since they met. */
  public long bytesSent() {
    return met().mapToLong(PeerLink::bytesSent).sum();
  }

  /**
   * Makes the thread that waits in {@link #drive}, or the next one, fail with the given exception.
   */
  public void requestStop(CollectiveException failure) {
    stopRequest = failure;
    selector.wakeup();
  }

  /** Moves bytes until every expected frame has arrived and every queued one is sent. */
  public void drive(FrameInput.Sink sink, FrameHeader current, long timeoutNanos)
      throws IOException {
    long start = System.nanoTime();
    checkStop(current);
    for (PeerLink link : links) {
      if (link != null && link.input().headerWaits()) {
        link.input().receive(sink);
      }
    }
    while (busy()) {
      checkStop(current);
      long remaining = timeoutNanos - (System.nanoTime() - start);
      if (remaining <= 0) {
        throw timedOut(current, timeoutNanos);
      }
      select(remaining);
      Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
      while (ready.hasNext()) {
        PeerLink link = (PeerLink) ready.next().attachment();
        ready.remove();
        if (link.readable()) {
          link.input().receive(sink);
        }
        if (link.writable()) {
          link.flush();
        }
      }
    }
  }

  /** Returns when all executors have called it: the end of their rendezvous. */
  void meet(long timeoutNanos) throws IOException {
    gather(
        new FrameHeader(FrameKind.CONTRIBUTION, Operation.BARRIER, executor, 0, 0, 0, 0),
        new byte[0],
        0,
        timeoutNanos);
  }

  /** Everyone's bytes to everyone; {@link #gathered} has them afterwards. */
  public void gather(FrameHeader operation, byte[] mine, int maxBytes, long timeoutNanos)
      throws IOException {
    FrameHeader header = operation.as(FrameKind.CONTRIBUTION, mine.length);
    if (gatherOut.capacity() < mine.length) {
      gatherOut = ByteBuffer.allocateDirect(mine.length);
    }
    gatherOut.put(0, mine);
    for (int i = 1; i < executors(); i++) {
      ByteBuffer payload = gatherOut.duplicate().clear().limit(mine.length);
      link((executor + i) % executors()).send(header, payload);
    }
    met().forEach(link -> link.input().expectUpTo(header, maxBytes));
    drive((link, arrived) -> {}, header, timeoutNanos);
  }

  /** What another executor brought. */
  public ByteBuffer gathered(int of) {
    return link(of)
        .input()
        .gathered()
        .duplicate()
        .rewind()
        .asReadOnlyBuffer()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private void select(long nanos) throws IOException {
    long before = System.nanoTime();
    selector.select(TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
    waitNanos += System.nanoTime() - before;
  }

  private boolean busy() {
    for (PeerLink link : links) {
      if (link != null && isBusy(link)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBusy(PeerLink link) {
    return link.input().expecting() || link.sending();
  }

  /** The links that there are. */
  private Stream<PeerLink> met() {
    return Arrays.stream(links).filter(Objects::nonNull);
  }

  private void checkStop(FrameHeader current) {
    CollectiveException stop = stopRequest;
    if (stop != null) {
      throw stop;
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new CollectiveException(
          Reason.INTERRUPTED,
          ranks(executor),
          Text.format("%s: interrupted in %s", name(executor), current.describe()));
    }
  }

  private static boolean owesContribution(PeerLink link) {
    return link.sending() || link.input().expected().kind() == FrameKind.CONTRIBUTION;
  }

  private CollectiveException timedOut(FrameHeader current, long timeoutNanos) {
    // A rank that has not even contributed holds up the results of those that have.
    Map<Boolean, List<PeerLink>> late =
        met().filter(Mesh::isBusy).collect(Collectors.partitioningBy(Mesh::owesContribution));
    List<PeerLink> culprits = late.get(!late.get(true).isEmpty());
    String names = String.join(", ", culprits.stream().map(PeerLink::name).toList());
    return new CollectiveException(
        Reason.TIMEOUT,
        culprits.stream().flatMap(link -> link.ranks().stream()).toList(),
        Text.format(
            "%s: waited %d ms in %s for %s; it hangs, is cut off, or needs a longer sync.timeout",
            name(executor),
            TimeUnit.NANOSECONDS.toMillis(timeoutNanos),
            current.describe(),
            names));
  }

  /**
   * What another rank has said about a failure, if it has; a lost connection is often only the echo
   * of that.
   */
  public CollectiveException firstCause(CollectiveException failure) {
    if (failure.reason() != Reason.PEER_LOST) {
      return failure;
    }
    return met().flatMap(link -> link.input().lastWords().stream()).findFirst().orElse(failure);
  }

  /** Tells every rank why this one gives up, and closes. */
  public void abort(CollectiveException failure) {
    farewell(FrameKind.ABORT, AbortNotice.of(failure).encode());
  }

  /** Tells every rank that this one leaves, and closes. */
  public void leave() {
    farewell(FrameKind.GOODBYE, new byte[0]);
  }

  /** Once; slots of this executor that close at the same moment all come here. */
  private synchronized void farewell(FrameKind kind, byte[] payload) {
    if (closed) {
      return;
    }
    closed = true;
    // An interrupted thread cannot wait in a selector; the flag is put back at the end.
    boolean interrupted = Thread.interrupted();
    try {
      FrameHeader header =
          new FrameHeader(kind, Operation.BARRIER, executor, payload.length, 0, 0, 0);
      met().forEach(link -> link.sendLast(header, ByteBuffer.wrap(payload)));
      awaitFarewells(kind == FrameKind.ABORT);
    } catch (IOException e) {
      // The selector failed: close what there is.
    } finally {
      met().forEach(PeerLink::close);
      IOUtils.closeQuietly(selector);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void awaitFarewells(boolean untilRead) throws IOException {
    long deadline = System.nanoTime() + FAREWELL_NANOS;
    while (met().anyMatch(PeerLink::sending) && System.nanoTime() < deadline) {
      selectUntil(deadline);
      met().filter(PeerLink::sending).forEach(PeerLink::flushLast);
    }
    met().forEach(PeerLink::endOutput);
    List<PeerLink> open = new ArrayList<>(met().toList());
    open.removeIf(link -> link.input().drained());
    while (untilRead && !open.isEmpty() && System.nanoTime() < deadline) {
      selectUntil(deadline);
      open.removeIf(link -> link.input().drained());
    }
  }

  private void selectUntil(long deadline) throws IOException {
    selector.select(Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())) + 1);
    selector.selectedKeys().clear();
  }
}
