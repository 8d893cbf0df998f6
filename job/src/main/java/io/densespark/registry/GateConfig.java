package io.densespark.registry;

import java.time.Duration;

/**
 * What a version must reach to become the champion.
 *
 * @param againstChampion how it must compare with the champion
 * @param significance level of the McNemar test: a difference with a p-value below it is one
 * @param maxAccuracyDrop accuracy that it may lack against the champion, significant or not
 * @param minAccuracy accuracy on the test images
 * @param minClassRecall recall of its weakest class
 * @param maxCalibrationError expected calibration error
 * @param maxModelMegabytes length of the zip, in units of 1,000,000 bytes
 * @param maxLatency median time for one image on one thread of the driver
 * @param frozenTestSet whether the test images must be those that the champion was measured on
 */
public record GateConfig(
    Comparison againstChampion,
    double significance,
    double maxAccuracyDrop,
    double minAccuracy,
    double minClassRecall,
    double maxCalibrationError,
    int maxModelMegabytes,
    Duration maxLatency,
    boolean frozenTestSet) {

  /** How a version must compare with the champion. */
  public enum Comparison {
    /** Not significantly less accurate. */
    NOT_WORSE,
    /** More accurate, be it by chance. */
    BETTER,
    /** More accurate, and significantly so. */
    SIGNIFICANTLY_BETTER
  }

  public GateConfig {
    if (!(significance > 0 && significance < 1)) {
      throw new IllegalArgumentException(
          "a significance of %s: more than 0 and below 1".formatted(significance));
    }
    requireShare("max-accuracy-drop", maxAccuracyDrop);
    requireShare("min-accuracy", minAccuracy);
    requireShare("min-class-recall", minClassRecall);
    requireShare("max-calibration-error", maxCalibrationError);
    if (maxModelMegabytes < 1 || maxLatency.isNegative() || maxLatency.isZero()) {
      throw new IllegalArgumentException(
          "a model of %d MB and a latency of %s: both more than 0"
              .formatted(maxModelMegabytes, maxLatency));
    }
  }

  private static void requireShare(String what, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("%s %s: from 0 to 1".formatted(what, value));
    }
  }
}
