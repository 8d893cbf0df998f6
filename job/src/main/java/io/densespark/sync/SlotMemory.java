package io.densespark.sync;

import io.densespark.sync.collective.PartialSums;

/**
 * The heap that a slot needs for its ranks, beside replica, plan and shards. In gradient sharing a
 * vector of partial sums for each level of the tree, and the threshold format's residual of each
 * rank; in parameter averaging parameters and updater state of each rank, and a further updater
 * state where they are not averaged. Where a moving average of the parameters is kept, one more
 * vector, and in parameter averaging a copy of it; where batch norm is estimated, a copy of all.
 */
final class SlotMemory {

  private SlotMemory() {}

  static long bytes(EpochWork work, int ranks, long parameters, long updaterState) {
    long vectors =
        work.mode() == SyncConfig.Mode.PARAMETER_AVERAGING
            // The last rank's are the replica's own, unless kept; the last average is kept.
            ? ranks * (parameters + updaterState) + (work.averageUpdater() ? 0 : updaterState)
            : PartialSums.mostVectors(ranks) * parameters
                + (work.keepsRankStates() ? (ranks + 1) * parameters : 0);
    long averages =
        work.update().emaDecay() == 0
            ? 0
            : work.mode() == SyncConfig.Mode.PARAMETER_AVERAGING ? 2 : 1;
    long copies =
        work.update().normBatches() > 0 && work.mode() == SyncConfig.Mode.GRADIENT_SHARING
            ? updaterState + (work.update().emaDecay() == 0 ? 1 : 2) * parameters
            : 0;
    return (vectors + averages * parameters + copies) * Float.BYTES;
  }
}
