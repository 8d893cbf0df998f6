package io.densespark.sync;

import io.densespark.train.ThresholdState;
import io.densespark.train.TrainingState;
import java.io.Serializable;
import java.util.List;

/**
 * One slot's part of a state on the way to a checkpoint.
 *
 * @param pauseNanos time that the copying took
 * @param state model and steps of the epoch so far; null but on slot 0, as all hold the same
 * @param residuals what its ranks have not sent yet; empty for formats that send everything
 */
record SlotSnapshot(long pauseNanos, TrainingState state, List<ThresholdState> residuals)
    implements Serializable {}
