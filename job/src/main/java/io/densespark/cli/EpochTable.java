package io.densespark.cli;

import io.densespark.metrics.EpochRecord;
import io.densespark.text.Figures;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The epochs of a run, the best of them marked. */
final class EpochTable {

  private EpochTable() {}

  static List<String> lines(Style style, List<EpochRecord> epochs) {
    Optional<EpochRecord> best =
        epochs.stream().max(Comparator.comparingDouble(EpochRecord::selectionAccuracy));
    boolean validated = epochs.stream().anyMatch(epoch -> epoch.validationAccuracy() != null);
    List<List<String>> rows = new ArrayList<>();
    for (EpochRecord s : epochs) {
      boolean isBest = epochs.size() > 1 && best.filter(s::equals).isPresent();
      rows.add(
          List.of(
              String.valueOf(s.epoch()),
              Figures.fraction(s.trainLoss()),
              Figures.fraction(validated ? s.validationLoss() : s.testLoss()),
              Figures.fraction(s.selectionAccuracy()),
              Figures.count(s.imagesPerSecond()),
              Amounts.seconds(s.seconds()),
              isBest ? "best" : ""));
    }
    String part = validated ? "validation" : "test";
    List<String> columns =
        List.of(
            "epoch", "train loss", part + " loss", part + " accuracy", "images/s", "seconds", "");
    return TextTable.lines(style, columns, rows);
  }
}
