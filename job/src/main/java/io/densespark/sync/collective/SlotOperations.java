package io.densespark.sync.collective;

import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.links.Mesh;
import io.densespark.sync.tree.RankRange;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What stands around the operations of one slot, one at a time: numbers them, knows what they cost,
 * and makes of the failure of one a failure of all slots.
 */
final class SlotOperations implements AutoCloseable {

  private final ExecutorGroup group;
  private final SlotBarrier barrier;
  private final int slot;
  private final RankRange ranks;
  private final ReentrantLock inUse = new ReentrantLock();
  private volatile CollectiveStats stats = CollectiveStats.NONE;
  private volatile boolean closed;
  private long number;
  private long linkWaitNanos;

  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  SlotOperations(ExecutorGroup group, int slot) {
    this.group = group;
    this.barrier = group.barrier();
    this.slot = slot;
    this.ranks = group.placement().ranksOfSlot(slot);
  }

  /** Number of the next operation, from 1. */
  long nextNumber() {
    return number + 1;
  }

  CollectiveStats stats() {
    return stats;
  }

  /** What goes over the links to other executors; its failure is one of all slots. */
  void overLinks(Work work) {
    Mesh mesh = group.exchange().mesh();
    long before = mesh.waitNanos();
    try {
      work.run();
    } catch (CollectiveException e) {
      throw barrier.fail(mesh.firstCause(e));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      linkWaitNanos += mesh.waitNanos() - before;
    }
  }

  /** One operation. */
  void run(FrameHeader header, Runnable work) {
    if (!inUse.tryLock()) {
      throw new IllegalStateException(
          Text.format(
              "%s: another thread is inside an operation; one thread at a time may be", ranks));
    }
    try {
      if (closed) {
        throw barrier.closed(slot, header.describe());
      }
      if (Thread.currentThread().isInterrupted()) {
        throw barrier.interrupted(slot, header, null);
      }
      number++;
      work.run();
    } catch (CollectiveException e) {
      tellOthers();
      throw e;
    } catch (RuntimeException | Error e) {
      barrier.fail(
          new CollectiveException(
              Reason.ABORTED,
              ranks.toList(),
              Text.format("%s: failed in %s: %s", ranks, header.describe(), e),
              e));
      tellOthers();
      throw e;
    } finally {
      Exchange exchange = group.exchange();
      stats =
          new CollectiveStats(
              exchange == null ? 0 : exchange.mesh().bytesSent(),
              barrier.waitNanos(slot) + linkWaitNanos);
      inUse.unlock();
    }
  }

  /** The slot that speaks for this executor tells the others why it is broken. */
  private void tellOthers() {
    CollectiveException failure = barrier.failure();
    if (slot == group.firstSlot() && group.exchange() != null && failure != null) {
      group.exchange().mesh().abort(failure);
    }
  }

  private void tellWhenFree() {
    if (inUse.isHeldByCurrentThread()) {
      return;
    }
    inUse.lock();
    try {
      tellOthers();
    } finally {
      inUse.unlock();
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    barrier.leave(slot);
    Exchange exchange = group.exchange();
    if (exchange == null) {
      return;
    }
    if (inUse.isLocked() && !inUse.isHeldByCurrentThread()) {
      barrier.fail(barrier.closed(slot, "an operation"));
    }
    tellWhenFree();
    if (barrier.isOver()) {
      // Nobody is inside an operation, and nobody will be.
      exchange.mesh().leave();
    }
  }
}
