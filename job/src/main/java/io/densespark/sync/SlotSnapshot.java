package io.densespark.sync;

import io.densespark.train.RankState;
import io.densespark.train.TrainingState;
import java.io.Serializable;
import java.util.List;

/**
 * One slot's part of a state on the way to a checkpoint.
 *
 * @param pauseNanos time that the copying took
 * @param state model and steps of the epoch so far; null but on slot 0, as all hold the same
 * @param rankStates what its ranks have of their own; empty where all are alike
 */
record SlotSnapshot(long pauseNanos, TrainingState state, List<RankState> rankStates)
    implements Serializable {}
