package io.densespark.sync.endpoint;

import io.densespark.train.RankState;
import io.densespark.train.TrainingState;
import java.io.Serializable;
import java.util.List;

/**
 * One slot's part of a state on the way to the driver, which repeats a failed attempt from it.
 *
 * @param pauseNanos time that the copying took
 * @param saved whether it is to become a checkpoint, too; said by slot 0
 * @param state model and steps of the epoch so far; null but on slot 0, as all hold the same
 * @param rankStates what its ranks have of their own; empty where all are alike
 */
public record SlotSnapshot(
    long pauseNanos, boolean saved, TrainingState state, List<RankState> rankStates)
    implements Serializable {}
