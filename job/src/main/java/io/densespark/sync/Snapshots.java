package io.densespark.sync;

import io.densespark.sync.collective.Collective;
import io.densespark.train.RankState;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Copies the state of this slot where the policy or the driver wants it: between two steps, when
 * all replicas hold the same model. Slot 0 decides and copies the model. Where every rank has a
 * state of its own, all slots hear of the decision and copy after the same step; otherwise nobody
 * else is concerned, and nothing is exchanged.
 *
 * <p>While a snapshot is on its way, the next one waits: a slow driver makes snapshots rarer.
 */
final class Snapshots implements AutoCloseable {

  private final SnapshotPolicy policy;
  private final Collective collective;
  private final ReplicaSlot slot;
  private final boolean fromEverySlot;
  private final SnapshotSender sender;
  private final BooleanSupplier wish;
  private boolean wished;
  private long lastStep;
  private long lastNanos;

  private Snapshots(
      EpochWork work,
      Collective collective,
      ReplicaSlot slot,
      SnapshotSender sender,
      BooleanSupplier wish) {
    this.wish = wish;
    this.policy = work.snapshots();
    this.collective = collective;
    this.slot = slot;
    this.fromEverySlot = work.keepsRankStates();
    this.sender = sender;
    this.lastStep = slot.replica().graph().getIterationCount();
    this.lastNanos = System.nanoTime() - work.sinceSnapshot().toNanos();
  }

  /** Those of a slot whose replica stands where the epoch begins or goes on. */
  static Snapshots of(EpochWork work, Collective collective, ReplicaSlot slot, DriverLink driver) {
    boolean fromEverySlot = work.keepsRankStates();
    // Slots that would all have to hear of a wish do so only where they do of the policy as well.
    boolean takesPart = fromEverySlot ? !work.snapshots().isNever() : collective.slot() == 0;
    SnapshotSender sender =
        takesPart
            ? new SnapshotSender(
                driver, fromEverySlot ? collective.placement().slots() : 1, work.timeout())
            : null;
    return new Snapshots(work, collective, slot, sender, driver::takeWish);
  }

  /**
   * A step is done after which all replicas hold the same model.
   *
   * @param rankStates of this slot's ranks; gives none where all are alike
   */
  void between(int stepsDone, Supplier<List<RankState>> rankStates) {
    if (sender == null || !isDue()) {
      return;
    }
    long began = System.nanoTime();
    TrainingState state =
        collective.slot() == 0 ? slot.replica().state().with(List.of(), slot.steps()) : null;
    List<RankState> own = rankStates.get();
    wished = false;
    lastNanos = System.nanoTime();
    lastStep = slot.replica().graph().getIterationCount();
    sender.send(stepsDone, new SlotSnapshot(lastNanos - began, state, own));
  }

  private boolean isDue() {
    boolean mine = sender.idle();
    if (collective.slot() == 0) {
      Duration since = Duration.ofNanos(System.nanoTime() - lastNanos);
      wished |= wish.getAsBoolean();
      mine &= wished || policy.due(lastStep, slot.replica().graph().getIterationCount(), since);
    }
    return fromEverySlot ? allSay(mine) : mine;
  }

  private boolean allSay(boolean mine) {
    boolean all = true;
    for (byte[] one : collective.allGather(new byte[] {(byte) (mine ? 1 : 0)})) {
      all &= one[0] == 1;
    }
    return all;
  }

  @Override
  public void close() {
    if (sender != null) {
      sender.close();
    }
  }
}
