package io.densespark.sync.collective;

import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.RankRange;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Where the slots of one executor wait for each other, again and again. The first failure of one is
 * the failure of all, from then on. Thread-safe.
 */
final class SlotBarrier {

  private final Placement placement;
  private final int firstSlot;
  private final long timeoutNanos;
  private final Consumer<CollectiveException> broken;
  private final int size;
  private final BitSet present = new BitSet();
  private final BitSet left = new BitSet();
  private final long[] waitNanos;
  private long generation;
  private CollectiveException failure;

  /**
   * @param timeoutNanos longest wait for another slot
   * @param broken told of the first failure
   */
  SlotBarrier(
      Placement placement, int executor, long timeoutNanos, Consumer<CollectiveException> broken) {
    this.placement = placement;
    this.firstSlot = placement.firstSlot(executor);
    this.timeoutNanos = timeoutNanos;
    this.broken = broken;
    size = placement.slotsOfExecutor().get(executor);
    waitNanos = new long[size];
  }

  /** Waits until every slot of this executor is here. */
  void await(int slot, FrameHeader header, int timeouts) {
    await(slot, header, timeouts, () -> {});
  }

  /**
   * The same.
   *
   * @param timeouts how long to wait: a slot that waits for one that waits needs more than it
   * @param last is run by the last one to come, before anyone goes on
   */
  synchronized void await(int slot, FrameHeader header, int timeouts, Runnable last) {
    long began = System.nanoTime();
    try {
      requireWhole(slot);
      long waitedFor = generation;
      present.set(slot - firstSlot);
      if (present.cardinality() == size) {
        last.run();
        generation++;
        present.clear();
        notifyAll();
        return;
      }
      while (generation == waitedFor) {
        requireWhole(slot);
        requireAllHere(slot, header);
        long remaining = timeoutNanos * timeouts - (System.nanoTime() - began);
        if (remaining <= 0) {
          throw timedOut(slot, header);
        }
        TimeUnit.NANOSECONDS.timedWait(this, remaining);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted(slot, header, e);
    } finally {
      waitNanos[slot - firstSlot] += System.nanoTime() - began;
    }
  }

  /** Time that a slot has waited here; for its own thread. */
  long waitNanos(int slot) {
    return waitNanos[slot - firstSlot];
  }

  private void requireWhole(int slot) {
    if (failure != null) {
      throw new CollectiveException(
          failure.reason(),
          failure.ranks(),
          Text.format(
              "%s: this collective is broken: %s",
              placement.ranksOfSlot(slot), failure.getMessage()),
          failure);
    }
  }

  private void requireAllHere(int slot, FrameHeader header) {
    if (left.get(slot - firstSlot)) {
      throw fail(closed(slot, header.describe()));
    }
    for (int other = 0; other < size; other++) {
      if (left.get(other) && !present.get(other)) {
        RankRange gone = placement.ranksOfSlot(firstSlot + other);
        throw fail(
            new CollectiveException(
                Reason.PEER_LOST,
                gone.toList(),
                Text.format(
                    "%s: %s of this JVM left the run during %s",
                    placement.ranksOfSlot(slot), gone, header.describe())));
      }
    }
  }

  /** The failure of an operation that its own process closes; nobody is told. */
  CollectiveException closed(int slot, String during) {
    return new CollectiveException(
        Reason.ABORTED,
        placement.ranksOfSlot(slot).toList(),
        Text.format(
            "%s: closed by its own process during %s", placement.ranksOfSlot(slot), during));
  }

  /** A slot's thread was interrupted. */
  CollectiveException interrupted(int slot, FrameHeader header, InterruptedException cause) {
    return fail(
        new CollectiveException(
            Reason.INTERRUPTED,
            placement.ranksOfSlot(slot).toList(),
            Text.format("%s: interrupted in %s", placement.ranksOfSlot(slot), header.describe()),
            cause));
  }

  private CollectiveException timedOut(int slot, FrameHeader header) {
    List<Integer> absent = new ArrayList<>();
    for (int other = 0; other < size; other++) {
      if (!present.get(other)) {
        absent.addAll(placement.ranksOfSlot(firstSlot + other).toList());
      }
    }
    return fail(
        new CollectiveException(
            Reason.TIMEOUT,
            absent,
            Text.format(
                "%s: waited %d ms in %s for ranks %s of this JVM; they hang, or need a longer"
                    + " sync.timeout",
                placement.ranksOfSlot(slot),
                TimeUnit.NANOSECONDS.toMillis(timeoutNanos),
                header.describe(),
                absent)));
  }

  /**
   * Breaks it: the first failure is the one that counts, and the one that other slots hear of.
   * Returns what it was given.
   */
  synchronized CollectiveException fail(CollectiveException cause) {
    if (failure == null) {
      failure = cause;
      notifyAll();
      broken.accept(cause);
    }
    return cause;
  }

  /** The first failure; null if there was none. */
  synchronized CollectiveException failure() {
    return failure;
  }

  /** The slot comes no more. */
  synchronized void leave(int slot) {
    left.set(slot - firstSlot);
    notifyAll();
  }

  /** Whether all slots have left. */
  synchronized boolean isOver() {
    return left.cardinality() == size;
  }
}
