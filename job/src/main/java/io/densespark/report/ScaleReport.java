package io.densespark.report;

import io.densespark.metrics.CellRecord;
import io.densespark.metrics.Provenance;
import io.densespark.scaling.Finding;
import io.densespark.scaling.Finding.Arm;
import io.densespark.scaling.Finding.Row;
import io.densespark.settings.CanonicalText;
import io.densespark.storage.Content;
import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

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

  private static final MathContext DIGITS = new MathContext(4);

  /** The page. */
  public Content html(Instant now) {
    return Template.SCALE.page(page(now));
  }

  private ScalePage page(Instant now) {
    ScaleCharts charts = new ScaleCharts(finding, target(), slots, parameters, noise);
    List<ScalePage.Arm> arms = new ArrayList<>();
    for (Arm arm : finding.arms()) {
      arms.add(
          new ScalePage.Arm(
              arm.name(),
              ScaleCharts.style(arms.size()),
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
        charts.all(),
        finding.targetAccuracy() == null ? null : target(),
        finding.arms().stream()
            .flatMap(arm -> arm.rows().stream().map(row -> row(charts, arm, row)))
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
    String fit = "";
    if (arm.fit() != null) {
      fit =
          Text.format(
              "Epochs to %s: E = %.2f (1 + B / %,.0f).",
              target(), arm.fit().leastEpochs(), arm.fit().batch());
    } else if (arm.rows().stream().anyMatch(row -> row.converged() > 0)) {
      fit =
          Text.format(
              "Epochs to %s: no fit, as fewer than three batches reached it or they do not grow with the batch.",
              target());
    }
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

  private String target() {
    return CanonicalText.of(finding.targetAccuracy());
  }

  private ScalePage.Row row(ScaleCharts charts, Arm arm, Row row) {
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
        charts.forecast(row).map(one -> Figures.percent(one.efficiency())).orElse(Figures.UNKNOWN),
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
}
