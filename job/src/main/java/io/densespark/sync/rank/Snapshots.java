package io.densespark.sync.rank;

import io.densespark.sync.collective.Collective;
import io.densespark.sync.endpoint.DriverLink;
import io.densespark.sync.endpoint.SlotSnapshot;
import io.densespark.train.RankState;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.spark.util.ThreadUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the state of this slot where the policy or the driver wants it, between two steps, when
 * all replicas hold the same model, and brings it to the driver while training goes on. Slot 0
 * decides and copies the model. Where every rank has a state of its own, all slots hear of the
 * decision and copy after the same step; otherwise nobody else is concerned, and nothing is
 * exchanged.
 *
 * <p>A rank's own state would be lost with its executor. So the driver is given copies of all at
 * least every {@link #RECOVERY_INTERVAL}, whatever the policy says: from the last one on, training
 * is repeated when a slot is lost.
 *
 * <p>While a snapshot is on its way, the next one waits: a slow driver makes snapshots rarer.
 */
public final class Snapshots implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);

  /** A copy costs milliseconds of a step; a loss, the steps since the last one. */
  private static final Duration RECOVERY_INTERVAL = Duration.ofSeconds(30);

  private final EpochWork work;
  private final Collective collective;
  private final ReplicaSlot slot;
  private final DriverLink driver;
  private final boolean fromEverySlot;
  private final ExecutorService sender = ThreadUtils.newDaemonSingleThreadExecutor("snapshot");

  /** Whether the last snapshot has arrived. */
  private volatile boolean idle = true;

  private boolean wished;
  private long savedStep;
  private long savedNanos;
  private long sentNanos = System.nanoTime();

  /** Those of a slot whose replica stands where the epoch begins or goes on. */
  public Snapshots(EpochWork work, Collective collective, ReplicaSlot slot, DriverLink driver) {
    this.work = work;
    this.collective = collective;
    this.slot = slot;
    this.driver = driver;
    this.fromEverySlot = work.keepsRankStates();
    this.savedStep = slot.replica().step();
    this.savedNanos = sentNanos - work.sinceSnapshot().toNanos();
  }

  /**
   * A step is done after which all replicas hold the same model.
   *
   * @param rankStates of this slot's ranks; gives none where all are alike
   */
  void between(int stepsDone, Supplier<List<RankState>> rankStates) {
    if (!fromEverySlot && collective.slot() > 0) {
      return;
    }
    long began = System.nanoTime();
    int step = slot.replica().step();
    boolean save = collective.slot() == 0 && isWanted(step, began);
    boolean stale =
        fromEverySlot
            && (collective.slot() > 0 || began - sentNanos >= RECOVERY_INTERVAL.toNanos());
    boolean due = idle && (save || stale);
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
    send(stepsDone, new SlotSnapshot(sentNanos - began, save, state, own));
  }

  private void send(int stepInEpoch, SlotSnapshot snapshot) {
    idle = false;
    sender.execute(
        () -> {
          try {
            driver.send(snapshot, fromEverySlot ? collective.placement().slots() : 1, stepInEpoch);
          } catch (RuntimeException e) {
            LOG.warn("the state after step {} did not reach the driver", stepInEpoch, e);
          } finally {
            idle = true;
          }
        });
  }

  /** Whether policy or driver want a state that is saved. */
  private boolean isWanted(int step, long now) {
    wished |= driver.takeWish();
    return wished || work.snapshots().due(savedStep, step, Duration.ofNanos(now - savedNanos));
  }

  private boolean allSay(boolean mine) {
    return CommonState.gather(collective, mine ? 1 : 0).stream().allMatch(one -> one == 1);
  }

  /** Waits for what is under way. */
  @Override
  public void close() {
    sender.shutdown();
    try {
      if (!sender.awaitTermination(work.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
        sender.shutdownNow();
      }
    } catch (InterruptedException e) {
      sender.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
