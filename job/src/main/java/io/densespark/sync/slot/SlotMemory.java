package io.densespark.sync.slot;

import io.densespark.sync.SyncConfig;
import io.densespark.sync.endpoint.TaskPlacement;
import io.densespark.sync.rank.EpochWork;
import io.densespark.sync.tree.SlotSums;
import io.densespark.text.Text;
import io.densespark.train.Replica;
import io.densespark.train.UpdateConfig;
import java.util.Optional;

/**
 * The heap that a slot needs for its ranks, beside replica, plan and shards. In gradient sharing a
 * vector of partial sums for each level of the tree, and the threshold format's residual of each
 * rank; in parameter averaging parameters and updater state of each rank, and a further updater
 * state where they are not averaged. Where a moving average of the parameters is kept, one more
 * vector, and in parameter averaging a copy of it; where batch norm is estimated, a copy of all.
 */
public final class SlotMemory {

  private SlotMemory() {}

  /** What to say where the heap of this JVM is too small for its slots. */
  static Optional<SlotResult.Failure> want(EpochWork work, TaskPlacement place, Replica replica) {
    int slots = place.placement().slotsOfExecutor().get(place.executor());
    int ranks = place.placement().ranksOfSlot(place.slot()).size();
    long need =
        slots
            * bytes(
                work.mode(),
                work.averageUpdater(),
                work.wireFormat(),
                work.update(),
                ranks,
                replica.parameterBuffer().capacity(),
                replica.updaterStateBuffer().capacity());
    long have = Runtime.getRuntime().maxMemory();
    return need <= have
        ? Optional.empty()
        : Optional.of(
            new SlotResult.Failure(
                SlotResult.Failure.Kind.MEMORY,
                Text.format(
                    "%d slots with %d of %d replicas each need %d MB of heap for sums and states, a"
                        + " JVM has %d MB: raise spark.executor.memory (spark.driver.memory on"
                        + " local), use more executors, or lower sync.replicas",
                    slots, ranks, work.worldSize(), (need >> 20) + 1, have >> 20)));
  }

  /**
   * Bytes of a slot.
   *
   * @param ranks that it computes
   * @param parameters length of the flat parameter vector
   * @param updaterState length of the updater's flat state
   */
  public static long bytes(
      SyncConfig.Mode mode,
      boolean averageUpdater,
      SyncConfig.WireFormat wireFormat,
      UpdateConfig update,
      int ranks,
      long parameters,
      long updaterState) {
    boolean averaging = mode == SyncConfig.Mode.PARAMETER_AVERAGING;
    boolean residuals = wireFormat == SyncConfig.WireFormat.THRESHOLD;
    long vectors =
        averaging
            // The last rank's are the replica's own, unless kept; the last average is kept.
            ? ranks * (parameters + updaterState) + (averageUpdater ? 0 : updaterState)
            : SlotSums.most(ranks) * parameters + (residuals ? (ranks + 1) * parameters : 0);
    boolean averages = update.emaDecay() != 0;
    long moving = averages ? averaging ? 2 : 1 : 0;
    long copies =
        update.normBatches() > 0 && !averaging ? updaterState + (averages ? 2 : 1) * parameters : 0;
    return (vectors + moving * parameters + copies) * Float.BYTES;
  }
}
