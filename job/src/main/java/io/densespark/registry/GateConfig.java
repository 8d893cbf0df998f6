package io.densespark.registry;

import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import java.time.Duration;

/** What a version must reach to become the champion. */
@Section(value = "gate", altersResult = false)
public record GateConfig(
    @Setting("how a version must compare with the champion") Comparison againstChampion,
    @Setting(
            value = "level of the McNemar test: a difference with a p-value below it is one",
            range = "(0, 1)")
        double significance,
    @Setting(
            value = "accuracy it may lack against the champion, significant or not",
            range = "[0, 1]")
        double maxAccuracyDrop,
    @Setting(value = "accuracy it must reach on the test images", range = "[0, 1]")
        double minAccuracy,
    @Setting(value = "recall its weakest class must reach", range = "[0, 1]") double minClassRecall,
    @Setting(value = "expected calibration error it may have", range = "[0, 1]")
        double maxCalibrationError,
    @Setting(
            value = "length its zip may have",
            range = "[1, 1000000]",
            unit = "units of 1,000,000 bytes")
        int maxModelMegabytes,
    @Setting("median time one image may take on one thread of the driver") Duration maxLatency,
    @Setting("whether the test images must be those that the champion was measured on")
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
    Check.values(
        GateConfig.class,
        againstChampion,
        significance,
        maxAccuracyDrop,
        minAccuracy,
        minClassRecall,
        maxCalibrationError,
        maxModelMegabytes,
        maxLatency,
        frozenTestSet);
  }
}
