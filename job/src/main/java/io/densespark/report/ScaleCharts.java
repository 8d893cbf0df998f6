package io.densespark.report;

import io.densespark.scaling.CriticalBatch;
import io.densespark.scaling.Finding;
import io.densespark.scaling.Finding.Arm;
import io.densespark.scaling.Finding.Row;
import io.densespark.scaling.Forecast;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The charts of a grid: what was measured against the global batch, with what fits and models say.
 *
 * @param target the accuracy to reach, as it is shown
 * @param slots that the runs had
 * @param parameters of the model
 * @param noise the gradient noise scale along training, by batch and epoch, of one arm
 */
record ScaleCharts(
    Finding finding,
    String target,
    int slots,
    long parameters,
    SortedMap<Integer, SortedMap<Integer, Double>> noise) {

  /** Those of arms, beside the one of what is predicted. */
  private static final int COLOURS = 12;

  private static final int PREDICTED = 7;
  private static final String BATCH = "global batch";

  /** Those that have a point. */
  List<LineChart> all() {
    LineChart accuracy =
        chart(
            "accuracy",
            "Test accuracy, one deviation up and down",
            LineChart.Axes.DOUBLING,
            row -> {
              double apart = row.accuracyDeviation() == null ? 0 : row.accuracyDeviation();
              return row.accuracy() == null
                  ? null
                  : new double[] {
                    row.batch(), row.accuracy(), row.accuracy() - apart, row.accuracy() + apart
                  };
            });
    LineChart epochs =
        LineChart.of(
            "epochs",
            Text.format("Epochs to %s, and their fits", target),
            BATCH,
            LineChart.Axes.DOUBLING_FROM_ZERO,
            withFits());
    LineChart steps =
        chart(
            "steps",
            Text.format("Steps to %s", target),
            LineChart.Axes.BOTH_DOUBLING,
            row -> point(row, row.stepsToTarget()));
    LineChart speed =
        chart(
            "speed",
            Text.format("Throughput on %d slots, images/s", slots),
            LineChart.Axes.DOUBLING_FROM_ZERO,
            row -> point(row, row.imagesPerSecond()));
    return Stream.of(accuracy, epochs, steps, published(), speed, efficiency(), alongTraining())
        .filter(Objects::nonNull)
        .toList();
  }

  private LineChart chart(
      String id, String title, LineChart.Axes axes, Function<Row, double[]> point) {
    return LineChart.of(id, title, BATCH, axes, lines(point));
  }

  /** A line for each arm. */
  private List<LineChart.Line> lines(Function<Row, double[]> point) {
    List<LineChart.Line> lines = new ArrayList<>();
    for (Arm arm : finding.arms()) {
      lines.add(line(arm, style(lines.size()), point));
    }
    return lines;
  }

  /** What a row has at its batch; null: nothing. */
  private static double[] point(Row row, Number value) {
    return value == null ? null : new double[] {row.batch(), value.doubleValue()};
  }

  private static LineChart.Line line(Arm arm, String style, Function<Row, double[]> point) {
    return new LineChart.Line(
        arm.name(), style, arm.rows().stream().map(point).filter(Objects::nonNull).toList(), true);
  }

  private List<LineChart.Line> withFits() {
    List<LineChart.Line> lines = new ArrayList<>();
    List<LineChart.Line> fits = new ArrayList<>();
    for (Arm arm : finding.arms()) {
      String style = style(lines.size());
      lines.add(
          line(
              arm,
              style + (arm.fit() == null ? "" : " dots"),
              row -> point(row, row.epochsToTarget())));
      if (arm.fit() != null) {
        fits.add(
            new LineChart.Line(
                arm.name() + ", fit", style + " dashed", curve(arm.fit(), 1, 1), false));
      }
    }
    lines.addAll(fits);
    double most =
        fits.stream()
            .flatMap(line -> line.points().stream())
            .mapToDouble(point -> point[1])
            .max()
            .orElse(1);
    finding.arms().stream()
        .filter(arm -> arm.fit() != null)
        .flatMapToDouble(arm -> arm.noiseScale().stream())
        .average()
        .ifPresent(
            batch ->
                lines.add(
                    new LineChart.Line(
                        "gradient noise scale",
                        "c7 dashed",
                        List.of(new double[] {batch, 0}, new double[] {batch, most}),
                        false)));
    return lines;
  }

  /** Ours and MLPerf's on one curve: epochs over the least against batch over the critical one. */
  private LineChart published() {
    List<LineChart.Line> lines = new ArrayList<>();
    for (int i = 0; i < finding.arms().size(); i++) {
      Arm arm = finding.arms().get(i);
      if (arm.fit() != null) {
        lines.add(dots(arm.name(), style(i) + " dots", arm.fit()));
      }
    }
    if (lines.isEmpty()) {
      return null;
    }
    CriticalBatch mlperf = CriticalBatch.fit(CriticalBatch.MLPERF).orElseThrow();
    lines.add(dots("MLPerf, ResNet-50 with LARS", "c7 dots", mlperf));
    lines.add(
        new LineChart.Line(
            "1 + B / Bcrit",
            "c7 dashed",
            curve(mlperf, mlperf.batch(), mlperf.leastEpochs()),
            false));
    return LineChart.of(
        "published",
        "Epochs in units of the least, beside published ones",
        "global batch in units of the critical one",
        LineChart.Axes.DOUBLING_FROM_ZERO,
        lines);
  }

  private static LineChart.Line dots(String name, String style, CriticalBatch fit) {
    return new LineChart.Line(
        name,
        style,
        fit.points().stream()
            .map(
                point ->
                    new double[] {point.batch() / fit.batch(), point.epochs() / fit.leastEpochs()})
            .toList(),
        true);
  }

  /** A fit between its first and its last point, in these units. */
  private static List<double[]> curve(CriticalBatch fit, double ofBatch, double ofEpochs) {
    double least = fit.points().stream().mapToInt(CriticalBatch.Point::batch).min().orElseThrow();
    double most = fit.points().stream().mapToInt(CriticalBatch.Point::batch).max().orElseThrow();
    List<double[]> points = new ArrayList<>();
    for (int i = 0; i <= 40; i++) {
      double batch = least * Math.pow(most / least, i / 40.0);
      points.add(new double[] {batch / ofBatch, fit.epochs(batch) / ofEpochs});
    }
    return points;
  }

  private LineChart alongTraining() {
    List<LineChart.Line> lines = new ArrayList<>();
    noise.forEach(
        (batch, epochs) ->
            lines.add(
                new LineChart.Line(
                    Text.format("batch %,d", batch),
                    style(lines.size()),
                    epochs.entrySet().stream()
                        .map(one -> new double[] {one.getKey(), one.getValue()})
                        .toList(),
                    true)));
    return LineChart.of(
        "noise",
        "Gradient noise scale along training, images",
        "epoch",
        LineChart.Axes.FROM_ZERO,
        lines);
  }

  private LineChart efficiency() {
    List<LineChart.Line> lines = lines(row -> point(row, row.computeShare()));
    finding.arms().stream()
        .max(Comparator.comparingInt(arm -> arm.rows().size()))
        .ifPresent(
            arm ->
                lines.add(
                    new LineChart.Line(
                        "predicted, an executor a replica",
                        "c7 dashed",
                        arm.rows().stream()
                            .map(
                                row ->
                                    point(
                                        row, forecast(row).map(Forecast::efficiency).orElse(null)))
                            .filter(Objects::nonNull)
                            .toList(),
                        true)));
    return LineChart.of(
        "efficiency",
        "Share of a step that is computing",
        BATCH,
        LineChart.Axes.DOUBLING_FROM_ZERO,
        lines);
  }

  /** The step that the model of its time foretells at an executor for each replica. */
  Optional<Forecast> forecast(Row row) {
    if (row.computeShare() == null) {
      return Optional.empty();
    }
    // The slot of rank 0 computes its part of the ranks, one after another.
    double ranks = (double) row.replicas() / Math.min(slots, row.replicas());
    double seconds = row.computeShare() * row.stepMillis() / 1000 / ranks;
    return Optional.of(Forecast.of(seconds, parameters, row.replicas()));
  }

  /** The colour of an arm, by its number. */
  static String style(int arm) {
    int colour = arm % COLOURS + 1;
    return "c" + (colour < PREDICTED ? colour : colour + 1);
  }
}
