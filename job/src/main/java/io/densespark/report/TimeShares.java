package io.densespark.report;

import io.densespark.metrics.StepRecord;
import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.ToDoubleFunction;

/**
 * What the time of a run's steps went into, on rank 0.
 *
 * @param description in words
 * @param parts of the whole, in order
 */
record TimeShares(String description, List<Part> parts) {

  /**
   * One part.
   *
   * @param style class of the style sheet
   * @param start where its bar begins, 0 to 100
   * @param length of its bar
   * @param share as text
   * @param millis of a step in the mean, as text
   */
  record Part(
      String name, String style, String start, String length, String share, String millis) {}

  private record Kind(String name, String style, ToDoubleFunction<StepRecord> millis) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("computing", "c1", StepRecord::computeMillis),
          new Kind("communication", "c2", StepRecord::communicationMillis),
          new Kind("waiting for other replicas", "c3", StepRecord::waitMillis),
          new Kind("making batches", "c4", StepRecord::dataMillis));

  /** Null where no step was recorded. */
  static TimeShares of(List<StepRecord> steps) {
    double total = 0;
    for (Kind kind : KINDS) {
      total += steps.stream().mapToDouble(kind.millis()).sum();
    }
    if (!(total > 0)) {
      return null;
    }
    List<Part> parts = new ArrayList<>();
    StringJoiner description = new StringJoiner(", ");
    double start = 0;
    for (Kind kind : KINDS) {
      double millis = steps.stream().mapToDouble(kind.millis()).sum();
      double share = millis / total;
      parts.add(
          new Part(
              kind.name(),
              kind.style(),
              decimal(100 * start),
              decimal(100 * share),
              Figures.percent(share),
              decimal(millis / steps.size())));
      description.add(kind.name() + " " + Figures.percent(share));
      start += share;
    }
    return new TimeShares(description.toString(), parts);
  }

  private static String decimal(double value) {
    return Text.format("%.2f", value);
  }
}
