package io.densespark.sync.collective;

import io.densespark.sync.SyncConfig.ExchangeRule;
import io.densespark.sync.links.CollectiveConfig;
import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.links.Rendezvous;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.Placement;
import io.densespark.text.Text;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the slots of one executor meet: threads of a JVM that lay open their buffers to each other.
 * The first of them speaks for all with the other executors.
 */
public final class ExecutorGroup {

  private final Placement placement;
  private final int executor;
  private final int firstSlot;
  private final ExchangeRule rule;
  private final long timeoutNanos;
  private final SlotBarrier barrier;
  private final Opened[] opened;
  private final boolean[] taken;
  private List<Part> parts = List.of();
  private volatile Exchange exchange;

  /** What a slot lays open for one operation. */
  record Opened(FrameHeader header, List<Part> parts, FloatBuffer target, byte[] bytes) {}

  /**
   * A group that no slot has joined yet.
   *
   * @param executor number of this executor in the placement
   * @param rule how executors exchange sums, the same for all of them
   * @param timeout longest wait for another slot or executor
   */
  public ExecutorGroup(Placement placement, int executor, ExchangeRule rule, Duration timeout) {
    this.placement = placement;
    this.executor = executor;
    this.rule = rule;
    this.firstSlot = placement.firstSlot(executor);
    this.timeoutNanos = timeout.toNanos();
    this.barrier = new SlotBarrier(placement, executor, timeoutNanos, this::stopLinks);
    opened = new Opened[placement.slotsOfExecutor().get(executor)];
    taken = new boolean[opened.length];
  }

  private void stopLinks(CollectiveException failure) {
    if (exchange != null) {
      exchange.mesh().requestStop(failure);
    }
  }

  /**
   * The collective of one slot; each slot joins once, and its first operation waits for all of
   * them.
   */
  public synchronized Collective join(int slot) {
    if (slot < firstSlot || slot >= firstSlot + size()) {
      throw new IllegalArgumentException(
          Text.format(
              "slot %d: those of executor %d go from %d to %d",
              slot, executor, firstSlot, firstSlot + size() - 1));
    }
    if (taken[slot - firstSlot]) {
      throw new CollectiveException(
          Reason.MISMATCH,
          placement.ranksOfSlot(slot).toList(),
          placement.ranksOfSlot(slot)
              + " taken by another thread; make a new group for every attempt");
    }
    taken[slot - firstSlot] = true;
    return new Collective(this, slot);
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
      exchange =
          Exchange.of(rule, place.connect(addresses, executor, placement, config), placement);
    } catch (CollectiveException e) {
      throw barrier.fail(e);
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

  /** Number of slots. */
  int size() {
    return opened.length;
  }

  long timeoutNanos() {
    return timeoutNanos;
  }

  /** Where the slots wait for each other. */
  SlotBarrier barrier() {
    return barrier;
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

  /** Lays open, waits for everyone, and makes sure that all are about the same operation. */
  void open(int slot, Opened mine) {
    opened[slot - firstSlot] = mine;
    barrier.await(slot, mine.header(), 1, this::allOpened);
    for (int other = firstSlot; other < firstSlot + size(); other++) {
      FrameHeader theirs = opened(other).header();
      if (!theirs.sameOperation(mine.header())) {
        throw barrier.fail(
            new CollectiveException(
                Reason.MISMATCH,
                placement.ranksOfSlot(other).toList(),
                Text.format(
                    "%s at %s, and %s at %s; all ranks must run the same steps",
                    placement.ranksOfSlot(slot),
                    mine.header().describe(),
                    placement.ranksOfSlot(other),
                    theirs.describe())));
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
      exchange.prepare(header, all, opened[0].target());
    }
  }
}
