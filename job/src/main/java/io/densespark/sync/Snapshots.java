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
 * <p>A rank's own state would be lost with its executor. So the driver is given copies of all at
 * least every {@link #RECOVERY_INTERVAL}, whatever the policy says: from the last one on, training
 * is repeated when a slot is lost.
 *
 * <p>While a snapshot is on its way, the next one waits: a slow driver makes snapshots rarer.
 */
final class Snapshots implements AutoCloseable {

  /** A copy costs milliseconds of a step; a loss, the steps since the last one. */
  private static final Duration RECOVERY_INTERVAL = Duration.ofSeconds(30);

  private final SnapshotPolicy policy;
  private final Collective collective;
  private final ReplicaSlot slot;
  private final boolean fromEverySlot;
  private final SnapshotSender sender;
  private final BooleanSupplier wish;
  private boolean wished;
  private long savedStep;
  private long savedNanos;
  private long sentNanos = System.nanoTime();

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
    this.savedStep = slot.replica().graph().getIterationCount();
    this.savedNanos = sentNanos - work.sinceSnapshot().toNanos();
  }

  /** Those of a slot whose replica stands where the epoch begins or goes on. */
  static Snapshots of(EpochWork work, Collective collective, ReplicaSlot slot, DriverLink driver) {
    boolean fromEverySlot = work.keepsRankStates();
    SnapshotSender sender =
        fromEverySlot || collective.slot() == 0
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
    if (sender == null) {
      return;
    }
    long began = System.nanoTime();
    int step = slot.replica().graph().getIterationCount();
    boolean save = collective.slot() == 0 && isWanted(step, began);
    boolean stale =
        fromEverySlot
            && (collective.slot() > 0 || began - sentNanos >= RECOVERY_INTERVAL.toNanos());
    boolean due = sender.idle() && (save || stale);
    if (!(fromEverySlot ? allSay(due) : due)) {
      return;
    }
    began = System.nanoTime();
    TrainingState state =
        collective.slot() == 0 ? slot.replica().state().with(List.of(), slot.steps()) : null;
    List<RankState> own = rankStates.get();
    sentNanos = System.nanoTime();
    if (save) {
      wished = false;
      savedNanos = sentNanos;
      savedStep = step;
    }
    sender.send(stepsDone, new SlotSnapshot(sentNanos - began, save, state, own));
  }

  /** Whether policy or driver want a state that is saved. */
  private boolean isWanted(int step, long now) {
    wished |= wish.getAsBoolean();
    return wished || policy.due(savedStep, step, Duration.ofNanos(now - savedNanos));
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
