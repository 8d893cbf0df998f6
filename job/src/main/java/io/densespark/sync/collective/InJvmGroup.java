package io.densespark.sync.collective;

import io.densespark.sync.collective.CollectiveException.Reason;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The meeting point of ranks that are threads of one JVM. They lay open their buffers to each
 * other; each adds up its chunk of everyone's values, in the order of ranks, and writes the sum to
 * everyone.
 */
public final class InJvmGroup {
  private final int worldSize;
  private final long timeoutNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Slot[] slots;
  private final boolean[] taken;
  private final boolean[] present;
  private final boolean[] left;
  private int arrived;
  private long generation;
  private CollectiveException failure;

  /** What a rank lays open for one operation. */
  record Slot(FrameHeader header, FloatBuffer values, ByteBuffer bytes, String phase) {}

  /**
   * A group that no rank has joined yet.
   *
   * @param worldSize how many ranks there will be
   * @param timeout longest wait for another rank
   */
  public InJvmGroup(int worldSize, Duration timeout) {
    if (worldSize < 1) {
      throw new IllegalArgumentException("world size " + worldSize + ": at least 1 is needed");
    }
    this.worldSize = worldSize;
    timeoutNanos = timeout.toNanos();
    slots = new Slot[worldSize];
    taken = new boolean[worldSize];
    present = new boolean[worldSize];
    left = new boolean[worldSize];
  }

  /**
   * The collective of one rank; each rank joins once, and its first operation waits for all of
   * them.
   */
  public Collective join(int rank) {
    if (rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException(
          "rank " + rank + ": ranks go from 0 to " + (worldSize - 1));
    }
    lock.lock();
    try {
      if (taken[rank]) {
        throw new CollectiveMismatchException(
            List.of(rank),
            "rank " + rank + " is taken by another thread; make a new group for every attempt",
            null);
      }
      taken[rank] = true;
      return new InJvmCollective(this, rank);
    } finally {
      lock.unlock();
    }
  }

  int worldSize() {
    return worldSize;
  }

  Slot slot(int rank) {
    return slots[rank];
  }

  /**
   * Lays the slot open, waits for everyone's, and makes sure that all are about the same operation.
   */
  void open(int rank, Slot slot) {
    slots[rank] = slot;
    await(rank, slot.header());
    for (int peer = 0; peer < worldSize; peer++) {
      Slot other = slots[peer];
      boolean same =
          other.header().sameOperation(slot.header()) && other.phase().equals(slot.phase());
      if (!same) {
        throw fail(
            new CollectiveMismatchException(
                List.of(peer),
                "rank %d is at %s %s, and rank %d at %s %s; all ranks must run the same steps"
                    .formatted(
                        rank,
                        slot.header().describe(),
                        slot.phase(),
                        peer,
                        other.header().describe(),
                        other.phase()),
                null));
      }
    }
  }

  /** Waits until every rank is done with what the others have laid open. */
  void await(int rank, FrameHeader header) {
    lock.lock();
    try {
      requireWhole(rank);
      long waitedFor = generation;
      present[rank] = true;
      if (++arrived == worldSize) {
        arrived = 0;
        generation++;
        Arrays.fill(present, false);
        changed.signalAll();
        return;
      }
      long remaining = timeoutNanos;
      while (generation == waitedFor) {
        requireWhole(rank);
        requireAllHere(rank, header);
        if (remaining <= 0) {
          throw timedOut(rank, header);
        }
        remaining = changed.awaitNanos(remaining);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw fail(
          new CollectiveInterruptedException(
              List.of(rank), "rank %d: interrupted in %s".formatted(rank, header.describe()), e));
    } finally {
      lock.unlock();
    }
  }

  private void requireWhole(int rank) {
    if (failure != null) {
      throw new CollectiveAbortedException(
          failure.reason(),
          failure.ranks(),
          "rank %d: this collective is broken: %s".formatted(rank, failure.getMessage()),
          failure);
    }
  }

  private void requireAllHere(int rank, FrameHeader header) {
    if (left[rank]) {
      throw fail(
          new CollectiveAbortedException(
              Reason.ABORTED,
              List.of(rank),
              "rank %d: closed by its own process during %s".formatted(rank, header.describe()),
              null));
    }
    for (int peer = 0; peer < worldSize; peer++) {
      if (left[peer] && !present[peer]) {
        throw fail(
            new PeerLostException(
                List.of(peer),
                "rank %d: rank %d of this JVM left the run during %s"
                    .formatted(rank, peer, header.describe()),
                null));
      }
    }
  }

  private CollectiveException timedOut(int rank, FrameHeader header) {
    List<Integer> absent = new ArrayList<>();
    for (int peer = 0; peer < worldSize; peer++) {
      if (!present[peer]) {
        absent.add(peer);
      }
    }
    return fail(
        new CollectiveTimeoutException(
            absent,
            "rank %d: waited %d ms in %s for ranks %s of this JVM; they hang, or need a longer sync.timeout"
                .formatted(
                    rank, TimeUnit.NANOSECONDS.toMillis(timeoutNanos), header.describe(), absent),
            null));
  }

  /** Breaks the group; the first failure is the one that counts. */
  CollectiveException fail(CollectiveException cause) {
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
        changed.signalAll();
      }
      return cause;
    } finally {
      lock.unlock();
    }
  }

  /** Breaks the group: a rank gives up, or will not come. */
  public void abort(int rank, String reason) {
    fail(
        new CollectiveAbortedException(
            Reason.ABORTED, List.of(rank), "rank " + rank + " gave up: " + reason, null));
  }

  void leave(int rank) {
    lock.lock();
    try {
      left[rank] = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
