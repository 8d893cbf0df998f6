package io.densespark.scaling;

import io.densespark.metrics.CellRecord;

/** Runs of a grid that have ended, for tests of what is made of them. */
public final class Cells {

  private Cells() {}

  /**
   * @param accuracy NaN: the run diverged
   */
  public static CellRecord ended(Cell cell, double accuracy) {
    return ended(cell, accuracy, null);
  }

  /**
   * @param accuracy NaN: the run diverged
   * @param epochsToTarget null: never
   */
  public static CellRecord ended(Cell cell, double accuracy, Integer epochsToTarget) {
    boolean diverged = Double.isNaN(accuracy);
    return new CellRecord(
        "fall",
        cell.arm(),
        "gradient-sharing",
        "nesterov",
        cell.batch(),
        cell.batch() / 32,
        32,
        cell.seed(),
        cell.baseRate(),
        cell.baseRate() * cell.batch() / 64,
        1,
        10,
        false,
        true,
        cell.runId("fall"),
        diverged ? CellRecord.DIVERGED : CellRecord.SUCCEEDED,
        diverged ? 21 : 0,
        diverged ? "the loss of step 7 is \"NaN\", not finite" : null,
        10,
        640_000L / cell.batch(),
        diverged ? null : accuracy,
        null,
        diverged ? null : accuracy + 0.001,
        0.5,
        0.4,
        epochsToTarget,
        epochsToTarget == null ? null : epochsToTarget * 64_000L / cell.batch(),
        epochsToTarget == null ? null : 2.5 * epochsToTarget,
        2000.0,
        100.0,
        80.0,
        30.25,
        diverged ? null : 750.0,
        diverged ? null : "ab12");
  }
}
