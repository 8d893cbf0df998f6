package io.densespark.sync;

import io.densespark.sync.collective.Collective;
import io.densespark.train.ThresholdState;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * Copies the state of this rank where the policy wants it: between two steps, when all replicas
 * hold the same model. Rank 0 decides and copies the model. Where every rank has a residual of its
 * own, all ranks hear of the decision and copy after the same step; otherwise nobody else is
 * concerned, and nothing is exchanged.
 *
 * <p>While a snapshot is on its way, the next one waits: a slow driver makes snapshots rarer.
 */
final class SnapshotTaker implements AutoCloseable {

  private final SnapshotPolicy policy;
  private final Collective collective;
  private final ReplicaSlot slot;
  private final boolean fromEveryRank;
  private final SnapshotSender sender;
  private long lastStep;
  private long lastNanos;

  private SnapshotTaker(
      EpochWork work, Collective collective, ReplicaSlot slot, SnapshotSender sender) {
    this.policy = work.snapshots();
    this.collective = collective;
    this.slot = slot;
    this.fromEveryRank = work.keepsResiduals();
    this.sender = sender;
    this.lastStep = slot.replica().graph().getIterationCount();
    this.lastNanos = System.nanoTime() - work.sinceSnapshot().toNanos();
  }

  /** The taker of a rank whose replica stands where the epoch begins or goes on. */
  static SnapshotTaker of(
      EpochWork work, Collective collective, ReplicaSlot slot, int stageAttempt) {
    boolean takesPart =
        !work.snapshots().isNever() && (collective.rank() == 0 || work.keepsResiduals());
    SnapshotSender sender =
        takesPart ? new SnapshotSender(work, stageAttempt, collective.rank()) : null;
    return new SnapshotTaker(work, collective, slot, sender);
  }

  /**
   * A step is done after which all replicas hold the same model.
   *
   * @param residual of this rank; gives null for formats that send everything
   */
  void between(int stepsDone, Supplier<ThresholdState> residual) {
    if (sender == null || !isDue()) {
      return;
    }
    long began = System.nanoTime();
    TrainingState state =
        collective.rank() == 0
            ? TrainingState.of(slot.replica().graph()).with(List.of(), slot.steps())
            : null;
    ThresholdState unsent = residual.get();
    lastNanos = System.nanoTime();
    lastStep = slot.replica().graph().getIterationCount();
    sender.send(stepsDone, new RankSnapshot(lastNanos - began, state, unsent));
  }

  private boolean isDue() {
    boolean mine = sender.idle();
    if (collective.rank() == 0) {
      Duration since = Duration.ofNanos(System.nanoTime() - lastNanos);
      mine &= policy.due(lastStep, slot.replica().graph().getIterationCount(), since);
    }
    return fromEveryRank ? allSay(mine) : mine;
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
