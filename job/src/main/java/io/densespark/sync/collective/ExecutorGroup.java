package io.densespark.sync.collective;

import io.densespark.sync.collective.CollectiveException.Reason;
import io.densespark.text.Text;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where the slots of one executor meet: threads of a JVM that lay open their buffers to each other.
 * The first of them speaks for all with the other executors.
 */
public final class ExecutorGroup {

  private final Placement placement;
  private final int executor;
  private final int firstSlot;
  private final int size;
  private final long timeoutNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Opened[] opened;
  private final boolean[] taken;
  private final boolean[] present;
  private final boolean[] left;
  private int arrived;
  private long generation;
  private List<Part> parts = List.of();
  private CollectiveException failure;
  private volatile Exchange exchange;

  /** What a slot lays open for one operation. */
  record Opened(FrameHeader header, List<Part> parts, FloatBuffer target, byte[] bytes) {}

  /**
   * A group that no slot has joined yet.
   *
   * @param executor number of this executor in the placement
   * @param timeout longest wait for another slot or executor
   */
  public ExecutorGroup(Placement placement, int executor, Duration timeout) {
    this.placement = placement;
    this.executor = executor;
    this.firstSlot = placement.firstSlot(executor);
    this.size = placement.slotsOfExecutor().get(executor);
    this.timeoutNanos = timeout.toNanos();
    opened = new Opened[size];
    taken = new boolean[size];
    present = new boolean[size];
    left = new boolean[size];
  }

  /**
   * The collective of one slot; each slot joins once, and its first operation waits for all of
   * them.
   */
  public Collective join(int slot) {
    if (slot < firstSlot || slot >= firstSlot + size) {
      throw new IllegalArgumentException(
          Text.format(
              "slot %d: those of executor %d go from %d to %d",
              slot, executor, firstSlot, firstSlot + size - 1));
    }
    lock.lock();
    try {
      if (taken[slot - firstSlot]) {
        throw new CollectiveException(
            Reason.MISMATCH,
            ranks(slot),
            placement.ranksOfSlot(slot)
                + " taken by another thread; make a new group for every attempt",
            null);
      }
      taken[slot - firstSlot] = true;
      return new Collective(this, slot);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Connects this executor with the others; for the thread of its first slot.
   *
   * @param place where the others can call this executor
   * @param addresses of all executors
   * @throws CollectiveException if not all come in time, or do not fit together
   */
  public void connect(Rendezvous place, List<PeerAddress> addresses, CollectiveConfig config) {
    try {
      exchange = place.connect(addresses, executor, placement, config);
    } catch (CollectiveException e) {
      throw fail(e);
    }
  }

  Placement placement() {
    return placement;
  }

  int executor() {
    return executor;
  }

  int firstSlot() {
    return firstSlot;
  }

  int size() {
    return size;
  }

  long timeoutNanos() {
    return timeoutNanos;
  }

  /** Null where there is one executor. */
  Exchange exchange() {
    return exchange;
  }

  Opened opened(int slot) {
    return opened[slot - firstSlot];
  }

  /** What all slots of this executor have laid open, in the order of ranks. */
  List<Part> parts() {
    return parts;
  }

  List<Integer> ranks(int slot) {
    return placement.ranksOfSlot(slot).toList();
  }

  /** Lays open, waits for everyone, and makes sure that all are about the same operation. */
  void open(int slot, Opened mine) {
    opened[slot - firstSlot] = mine;
    await(slot, mine.header(), 1, this::allOpened);
    for (int other = firstSlot; other < firstSlot + size; other++) {
      FrameHeader theirs = opened(other).header();
      if (!theirs.sameOperation(mine.header())) {
        throw fail(
            new CollectiveException(
                Reason.MISMATCH,
                ranks(other),
                Text.format(
                    "%s at %s, and %s at %s; all ranks must run the same steps",
                    placement.ranksOfSlot(slot),
                    mine.header().describe(),
                    placement.ranksOfSlot(other),
                    theirs.describe()),
                null));
      }
    }
  }

  private void allOpened() {
    List<Part> all = new ArrayList<>();
    for (Opened one : opened) {
      all.addAll(one.parts());
    }
    parts = all;
    FrameHeader header = opened[0].header();
    boolean alike = Arrays.stream(opened).allMatch(one -> one.header().sameOperation(header));
    if (exchange != null && alike && !all.isEmpty()) {
      exchange.prepare(header, all);
    }
  }

  /** Waits until every slot of this executor is here. */
  void await(int slot, FrameHeader header, int timeouts) {
    await(slot, header, timeouts, () -> {});
  }

  /**
   * @param timeouts how long to wait: a slot that waits for one that waits needs more than it
   * @param last is run by the last one to come, before anyone goes on
   */
  private void await(int slot, FrameHeader header, int timeouts, Runnable last) {
    lock.lock();
    try {
      requireWhole(slot);
      long waitedFor = generation;
      present[slot - firstSlot] = true;
      if (++arrived == size) {
        last.run();
        arrived = 0;
        generation++;
        Arrays.fill(present, false);
        changed.signalAll();
        return;
      }
      long remaining = timeoutNanos * timeouts;
      while (generation == waitedFor) {
        requireWhole(slot);
        requireAllHere(slot, header);
        if (remaining <= 0) {
          throw timedOut(slot, header);
        }
        remaining = changed.awaitNanos(remaining);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw fail(
          new CollectiveException(
              Reason.INTERRUPTED,
              ranks(slot),
              Text.format("%s: interrupted in %s", placement.ranksOfSlot(slot), header.describe()),
              e));
    } finally {
      lock.unlock();
    }
  }

  void requireWhole(int slot) {
    lock.lock();
    try {
      if (failure != null) {
        throw new CollectiveException(
            failure.reason(),
            failure.ranks(),
            Text.format(
                "%s: this collective is broken: %s",
                placement.ranksOfSlot(slot), failure.getMessage()),
            failure);
      }
    } finally {
      lock.unlock();
    }
  }

  private void requireAllHere(int slot, FrameHeader header) {
    if (left[slot - firstSlot]) {
      throw fail(closed(slot, header.describe()));
    }
    for (int other = 0; other < size; other++) {
      if (left[other] && !present[other]) {
        RankRange gone = placement.ranksOfSlot(firstSlot + other);
        throw fail(
            new CollectiveException(
                Reason.PEER_LOST,
                gone.toList(),
                Text.format(
                    "%s: %s of this JVM left the run during %s",
                    placement.ranksOfSlot(slot), gone, header.describe()),
                null));
      }
    }
  }

  CollectiveException closed(int slot, String during) {
    return new CollectiveException(
        Reason.ABORTED,
        ranks(slot),
        Text.format("%s: closed by its own process during %s", placement.ranksOfSlot(slot), during),
        null);
  }

  private CollectiveException timedOut(int slot, FrameHeader header) {
    List<Integer> absent = new ArrayList<>();
    for (int other = 0; other < size; other++) {
      if (!present[other]) {
        absent.addAll(ranks(firstSlot + other));
      }
    }
    return fail(
        new CollectiveException(
            Reason.TIMEOUT,
            absent,
            Text.format(
                "%s: waited %d ms in %s for ranks %s of this JVM; they hang, or need a longer sync.timeout",
                placement.ranksOfSlot(slot),
                TimeUnit.NANOSECONDS.toMillis(timeoutNanos),
                header.describe(),
                absent),
            null));
  }

  /**
   * Breaks the group; the first failure is the one that counts, and the one other slots hear of.
   */
  CollectiveException fail(CollectiveException cause) {
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
        changed.signalAll();
        if (exchange != null) {
          exchange.mesh().requestStop(() -> cause);
        }
      }
      return cause;
    } finally {
      lock.unlock();
    }
  }

  /** Breaks the group: somebody gives up. */
  public void abort(String who, List<Integer> ranks, String reason) {
    fail(new CollectiveException(Reason.ABORTED, ranks, who + " gave up: " + reason, null));
  }

  /** The first failure; null if there was none. */
  CollectiveException failure() {
    lock.lock();
    try {
      return failure;
    } finally {
      lock.unlock();
    }
  }

  void leave(int slot) {
    lock.lock();
    try {
      left[slot - firstSlot] = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether all slots have left. */
  boolean isOver() {
    lock.lock();
    try {
      for (boolean gone : left) {
        if (!gone) {
          return false;
        }
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
