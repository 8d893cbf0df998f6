package io.densespark.scaling;

import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What all arms of a grid have in common. */
@Section(value = "scale", altersResult = false)
public record ScaleConfig(
    @Setting(
            value =
                "global batch that the learning rates, the warm-up and the epochs are meant for",
            range = "[1, )",
            unit = "images")
        int baseBatch,
    @Setting(
            value =
                "accuracy whose epochs and steps are counted, on data.validation where it holds out some",
            range = "(0, 1]",
            word = "none")
        Optional<Double> targetAccuracy,
    @Setting(
            value = "cells stop after this long, and go on with the same command; --max-hours",
            word = "none")
        Optional<Duration> timeLimit,
    @Setting(value = "cells trained side by side", range = "[1, 64]") int cellsAtOnce,
    @Setting("names of the arms that are run; empty: all of them") List<String> only) {

  public ScaleConfig {
    Check.values(ScaleConfig.class, baseBatch, targetAccuracy, timeLimit, cellsAtOnce, only);
    only = List.copyOf(only);
  }
}
