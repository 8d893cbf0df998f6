package io.densespark.sync;

import io.densespark.text.Text;
import java.io.Serializable;
import java.time.Duration;

/**
 * When the state of the replicas is wanted within an epoch. Several conditions may be set; the
 * first one met counts. Looking at a state never changes it: results do not depend on the policy.
 *
 * @param everySteps wanted when the global step reaches a multiple of this; 0: not by steps
 * @param every wanted this long after the last one; zero: not by time
 */
public record SnapshotPolicy(long everySteps, Duration every) implements Serializable {

  /** No state is wanted before the end of an epoch. */
  public static final SnapshotPolicy NEVER = new SnapshotPolicy(0, Duration.ZERO);

  public SnapshotPolicy {
    if (everySteps < 0 || every.isNegative()) {
      throw new IllegalArgumentException(
          Text.format("every %d steps, every %s: neither may be negative", everySteps, every));
    }
  }

  public boolean isNever() {
    return everySteps == 0 && every.isZero();
  }

  /**
   * Whether a state is wanted now.
   *
   * @param lastStep global step of the last one, or of the start
   * @param step global step reached
   * @param sinceLast time since the last one
   */
  public boolean due(long lastStep, long step, Duration sinceLast) {
    boolean bySteps = everySteps > 0 && step / everySteps > lastStep / everySteps;
    return bySteps || (!every.isZero() && sinceLast.compareTo(every) >= 0);
  }
}
