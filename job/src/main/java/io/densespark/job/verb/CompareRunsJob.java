package io.densespark.job.verb;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.Workspace;
import io.densespark.metrics.RunDirectory;
import io.densespark.storage.Json;
import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Shows runs beside each other: in what they differ and what came of it. */
public record CompareRunsJob(
    RunConfig config, RunDisplay display, List<String> runIds, boolean json) implements Job {

  /** Epochs shown of long runs, evenly spread, the last one included. */
  private static final int EPOCH_ROWS = 20;

  private static final int SHOWN_DIGITS = 12;

  @Override
  public ExitCode run() {
    try (Workspace workspace = Workspace.open(config)) {
      List<RunDirectory> directories = runIds.stream().map(workspace::existing).toList();
      RunComparison comparison = RunComparison.of(directories);
      if (json) {
        display.message(Json.text(comparison));
      } else {
        show(comparison);
      }
      return ExitCode.SUCCESS;
    }
  }

  @Override
  public boolean onlyShows() {
    return true;
  }

  private void show(RunComparison comparison) {
    List<String> ids = comparison.runs().stream().map(RunSummary::runId).toList();
    differences("Settings", "setting", ids, comparison.settings());
    differences("Circumstances", "what", ids, comparison.circumstances());
    display.table("Results", row("", ids), results(comparison));
    if (!comparison.accuracy().isEmpty()) {
      display.table(
          "Accuracy on the images held out, or else on the test images",
          row("epoch", ids),
          accuracies(comparison));
    }
  }

  private void differences(
      String title, String first, List<String> ids, Map<String, List<String>> differences) {
    if (differences.isEmpty()) {
      display.message(title + ": no difference");
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    differences.forEach(
        (key, values) ->
            rows.add(row(key, values.stream().map(CompareRunsJob::abridged).toList())));
    display.table(title + " that differ", row(first, ids), rows);
  }

  /** Checksums are told apart by their first digits. */
  private static String abridged(String value) {
    if (value == null) {
      return Figures.UNKNOWN;
    }
    return value.matches("[0-9a-f]{32,}") ? value.substring(0, SHOWN_DIGITS) : value;
  }

  private static List<List<String>> results(RunComparison comparison) {
    List<List<String>> rows = new ArrayList<>();
    add(rows, comparison, "state", run -> Figures.text(run.state()));
    add(rows, comparison, "epochs", run -> Integer.toString(run.epochs()));
    add(rows, comparison, "test accuracy", run -> Figures.fraction(run.testAccuracy()));
    add(rows, comparison, "validation", run -> Figures.fraction(run.validationAccuracy()));
    rows.add(
        row(
            "best of an epoch",
            comparison.best().stream()
                .map(
                    best ->
                        best == null
                            ? Figures.UNKNOWN
                            : Text.format(
                                "%s (%d)", Figures.fraction(best.accuracy()), best.epoch()))
                .toList()));
    add(rows, comparison, "test loss", run -> Figures.fraction(run.testLoss()));
    add(rows, comparison, "images/s", run -> Figures.count(run.imagesPerSecond()));
    add(rows, comparison, "duration", run -> Figures.duration(run.seconds()));
    add(rows, comparison, "parameters (SHA-256)", run -> abridged(run.parametersSha256()));
    return rows;
  }

  private static void add(
      List<List<String>> rows,
      RunComparison comparison,
      String name,
      Function<RunSummary, String> value) {
    rows.add(row(name, comparison.runs().stream().map(value).toList()));
  }

  private static List<List<String>> accuracies(RunComparison comparison) {
    int epochs = comparison.accuracy().size();
    int stride = Math.max(1, (epochs + EPOCH_ROWS - 1) / EPOCH_ROWS);
    List<List<String>> rows = new ArrayList<>();
    comparison
        .accuracy()
        .forEach(
            (epoch, values) -> {
              if ((epochs - epoch) % stride == 0) {
                rows.add(row(epoch.toString(), values.stream().map(Figures::fraction).toList()));
              }
            });
    return rows;
  }

  private static List<String> row(String first, List<String> others) {
    return Stream.concat(Stream.of(first), others.stream()).toList();
  }
}
