package io.densespark.metrics;

/**
 * What one checkpoint cost.
 *
 * @param step global steps done
 * @param epoch epochs completed
 * @param stepInEpoch steps done of the epoch under way, 0 at an epoch's end
 * @param pauseMillis longest time that a replica, or at an epoch's end the driver, stood still to
 *     copy the state
 * @param uploadMillis writing and reading back, beside training
 */
public record CheckpointRecord(
    long step, int epoch, long stepInEpoch, double pauseMillis, double uploadMillis) {}
