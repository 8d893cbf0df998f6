package io.densespark.report;

import io.densespark.metrics.CellRecord;
import io.densespark.metrics.Provenance;
import io.densespark.scaling.CriticalBatch;
import io.densespark.scaling.Finding;
import io.densespark.scaling.Finding.Arm;
import io.densespark.scaling.Finding.Row;
import io.densespark.scaling.Forecast;
import io.densespark.settings.CanonicalText;
import io.densespark.storage.Content;
import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A grid as a page: what was found, then what it was found from.
 *
 * @param cells every run that has ended
 * @param slots that the runs had
 * @param parameters of the model
 * @param noise the gradient noise scale along training, by batch and epoch, of one arm
 * @param settings of the grid and of its runs, by dotted name
 * @param provenance of a run; null: none has ended
 */
public record ScaleReport(
    Finding finding,
    List<CellRecord> cells,
    int slots,
    long parameters,
    SortedMap<Integer, SortedMap<Integer, Double>> noise,
    Map<String, String> settings,
    Provenance provenance) {

  private static final int COLOURS = 6;
  private static final MathContext DIGITS = new MathContext(4);

  /** The page. */
  public Content html(Instant now) {
    return Template.SCALE.page(page(now));
  }

  private ScalePage page(Instant now) {
    List<ScalePage.Arm> arms = new ArrayList<>();
    for (Arm arm : finding.arms()) {
      arms.add(
          new ScalePage.Arm(
              arm.name(),
              style(arms.size()),
              arm.text(),
              arm.trials() == 1 ? "1 rate, not tuned" : arm.trials() + " rates tried at each batch",
              fit(arm)));
    }
    int left = finding.planned() - finding.ended();
    return new ScalePage(
        finding.grid(),
        left == 0 ? "complete" : "partial",
        Text.format(
            "%d arms · %d of %d runs · compared with batch %,d",
            finding.arms().size(), finding.ended(), finding.planned(), finding.baseBatch()),
        left == 0
            ? null
            : Text.format(
                "%d of %d runs are not in it. The same command goes on with them",
                left, finding.planned()),
        arms,
        charts(),
        finding.targetAccuracy() == null ? null : target(),
        finding.arms().stream()
            .flatMap(arm -> arm.rows().stream().map(row -> row(arm, row)))
            .toList(),
        cells.stream()
            .filter(cell -> !cell.succeeded())
            .map(
                cell ->
                    new ScalePage.Ending(
                        cell.runId(), cell.state(), String.valueOf(cell.exitCode()), cell.error()))
            .toList(),
        Report.sections(settings),
        origin(),
        Figures.minute(now));
  }

  private String fit(Arm arm) {
    if (finding.targetAccuracy() == null) {
      return "";
    }
    String fit =
        arm.fit() == null
            ? Text.format(
                "Epochs to %s: no fit, as fewer than three batches reached it or they do not grow with the batch.",
                target())
            : Text.format(
                "Epochs to %s: E = %.2f (1 + B / %,.0f).",
                target(), arm.fit().leastEpochs(), arm.fit().batch());
    return arm.noiseScale().isEmpty()
        ? fit
        : fit
            + Text.format(
                " Gradient noise scale: %,.0f images%s.",
                arm.noiseScale().getAsDouble(),
                arm.fit() == null
                    ? ""
                    : Text.format(
                        ", %.1f times the critical batch of the fit",
                        arm.noiseScale().getAsDouble() / arm.fit().batch()));
  }

  private List<LineChart> charts() {
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
            Text.format("Epochs to %s, and their fits", target()),
            "global batch",
            LineChart.Axes.DOUBLING_FROM_ZERO,
            withFits());
    LineChart steps =
        chart(
            "steps",
            Text.format("Steps to %s", target()),
            LineChart.Axes.BOTH_DOUBLING,
            row ->
                row.stepsToTarget() == null
                    ? null
                    : new double[] {row.batch(), row.stepsToTarget()});
    LineChart speed =
        chart(
            "speed",
            Text.format("Throughput on %d slots, images/s", slots),
            LineChart.Axes.DOUBLING_FROM_ZERO,
            row ->
                row.imagesPerSecond() == null
                    ? null
                    : new double[] {row.batch(), row.imagesPerSecond()});
    return Stream.of(accuracy, epochs, steps, published(), speed, efficiency(), alongTraining())
        .filter(Objects::nonNull)
        .toList();
  }

  private String target() {
    return CanonicalText.of(finding.targetAccuracy());
  }

  private LineChart chart(
      String id, String title, LineChart.Axes axes, Function<Row, double[]> point) {
    List<LineChart.Line> lines = new ArrayList<>();
    for (Arm arm : finding.arms()) {
      lines.add(line(arm, style(lines.size()), point));
    }
    return LineChart.of(id, title, "global batch", axes, lines);
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
              row ->
                  row.epochsToTarget() == null
                      ? null
                      : new double[] {row.batch(), row.epochsToTarget()}));
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
    List<LineChart.Line> lines = new ArrayList<>();
    for (int i = 0; i < finding.arms().size(); i++) {
      Arm arm = finding.arms().get(i);
      lines.add(
          line(
              arm,
              style(i),
              row ->
                  row.computeShare() == null
                      ? null
                      : new double[] {row.batch(), row.computeShare()}));
    }
    finding.arms().stream()
        .max(Comparator.comparingInt(arm -> arm.rows().size()))
        .ifPresent(
            arm ->
                lines.add(
                    new LineChart.Line(
                        "predicted, an executor a replica",
                        "c7 dashed",
                        arm.rows().stream()
                            .flatMap(
                                row ->
                                    forecast(row)
                                        .map(one -> new double[] {row.batch(), one.efficiency()})
                                        .stream())
                            .toList(),
                        true)));
    return LineChart.of(
        "efficiency",
        "Share of a step that is computing",
        "global batch",
        LineChart.Axes.DOUBLING_FROM_ZERO,
        lines);
  }

  private Optional<Forecast> forecast(Row row) {
    if (row.computeShare() == null) {
      return Optional.empty();
    }
    // The slot of rank 0 computes its part of the ranks, one after another.
    double ranks = (double) row.replicas() / Math.min(slots, row.replicas());
    double seconds = row.computeShare() * row.stepMillis() / 1000 / ranks;
    return Optional.of(Forecast.of(seconds, parameters, row.replicas()));
  }

  private ScalePage.Row row(Arm arm, Row row) {
    String runs = Integer.toString(row.runs());
    runs += row.diverged() == 0 ? "" : Text.format(", %d diverged", row.diverged());
    runs += row.failed() == 0 ? "" : Text.format(", %d failed", row.failed());
    return new ScalePage.Row(
        arm.name(),
        Text.format("%,d", row.batch()),
        Text.format("%d × %,d", row.replicas(), row.localBatch()),
        row.learningRate() == null
            ? Figures.UNKNOWN
            : CanonicalText.of(new BigDecimal(row.learningRate()).round(DIGITS)),
        Integer.toString(row.trials()),
        runs,
        Figures.fraction(row.accuracy())
            + (row.accuracyDeviation() == null
                ? ""
                : Text.format(" ± %.4f", row.accuracyDeviation())),
        toTarget(row, row.epochsToTarget()),
        row.stepsToTarget() == null ? Figures.UNKNOWN : Figures.count(row.stepsToTarget()),
        Figures.count(row.imagesPerSecond()),
        row.computeShare() == null ? Figures.UNKNOWN : Figures.percent(row.computeShare()),
        forecast(row).map(one -> Figures.percent(one.efficiency())).orElse(Figures.UNKNOWN),
        row.noiseScale() == null ? "not resolved" : Figures.count(row.noiseScale()));
  }

  private String toTarget(Row row, Double value) {
    if (finding.targetAccuracy() == null) {
      return Figures.UNKNOWN;
    }
    return value == null
        ? Text.format("did not converge: %d of %d did", row.converged(), row.runs())
        : Text.format("%.1f", value);
  }

  private List<Page.Section> origin() {
    if (provenance == null) {
      return List.of();
    }
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("processor", provenance.machine().cpu());
    machine.put("cores", Integer.toString(provenance.machine().cores()));
    machine.put("slots", Integer.toString(slots));
    return List.of(
        Report.section("data, SHA-256", provenance.data()),
        Report.section("versions", provenance.versions()),
        Report.section("machine of the driver", machine));
  }

  private static String style(int arm) {
    return "c" + (arm % COLOURS + 1);
  }
}
