package io.densespark.sync;

import io.densespark.train.TrainingState;
import java.time.Duration;

/** Takes what {@link SnapshotPolicy} asks for. */
public interface SnapshotReceiver {

  /**
   * Takes a snapshot over, on a thread of Spark's: neither waits nor throws.
   *
   * @param pause longest time that a replica stood still to be copied
   */
  void keep(TrainingState state, Duration pause);

  /** Time since a state was last kept, within an epoch or at the end of one. */
  Duration sinceKept();

  /** Whether a state is wanted now, whatever the policy says; asked every few seconds. */
  default boolean isWanted() {
    return false;
  }
}
