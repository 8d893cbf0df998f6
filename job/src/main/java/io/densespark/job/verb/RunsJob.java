package io.densespark.job.verb;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.RunDirectory;
import io.densespark.storage.Json;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import io.densespark.text.Figures;
import io.densespark.text.Text;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Lists the runs of a workspace. What is no run, or a damaged one, is named and left aside. */
public record RunsJob(RunConfig config, RunDisplay display, RunOrder order, boolean json)
    implements Job {

  private static final List<String> COLUMNS =
      List.of(
          "run",
          "state",
          "started (UTC)",
          "updated (UTC)",
          "duration",
          "epochs",
          "test accuracy",
          "validation",
          "images/s",
          "model",
          "batch",
          "rate",
          "replicas");

  /**
   * Something under {@code runs/} that cannot be listed as a run.
   *
   * @param unchangedSince the run that a retraining found nothing new since; null: it is none
   */
  private record Other(String name, String reason, String unchangedSince) {}

  /** One entry read: a run or something else. */
  private record Found(Optional<RunSummary> run, Optional<Other> other) {}

  /** The listing as JSON. */
  private record Listing(String workspace, Instant at, List<RunSummary> runs, List<Other> others) {}

  @Override
  public ExitCode run() {
    try (Store store = Store.open(config.run().output(), Inputs.hadoop(config))) {
      List<Found> found =
          store.list(RunDirectory.RUNS).parallelStream().map(entry -> look(store, entry)).toList();
      List<RunSummary> runs =
          found.stream().flatMap(one -> one.run().stream()).sorted(order.comparator()).toList();
      List<Other> others = found.stream().flatMap(one -> one.other().stream()).toList();
      if (json) {
        display.message(Json.text(new Listing(store.uri(), Instant.now(), runs, others)));
      } else {
        show(store, runs, others);
      }
      return ExitCode.SUCCESS;
    }
  }

  @Override
  public boolean onlyShows() {
    return true;
  }

  private void show(Store store, List<RunSummary> runs, List<Other> others) {
    if (runs.isEmpty()) {
      display.message("no runs in " + store.uri());
    } else {
      display.table("Runs in " + store.uri(), COLUMNS, runs.stream().map(RunsJob::row).toList());
    }
    for (Other other : others) {
      if (other.unchangedSince() == null) {
        display.warning(Text.format("%s is left aside: %s", other.name(), other.reason()));
      } else {
        display.message(Text.format("%s: %s", other.name(), other.reason()));
      }
    }
  }

  private static List<String> row(RunSummary run) {
    return List.of(
        run.runId(),
        state(run),
        Figures.minute(run.startedAt()),
        Figures.minute(run.updatedAt()),
        Figures.duration(run.seconds()),
        Integer.toString(run.epochs()),
        Figures.fraction(run.testAccuracy()),
        Figures.fraction(run.validationAccuracy()),
        Figures.count(run.imagesPerSecond()),
        Figures.text(run.model()),
        Figures.text(run.batchSize()),
        Figures.text(run.learningRate()),
        Figures.text(run.replicas()));
  }

  private static String state(RunSummary run) {
    if (run.abandoned()) {
      return "abandoned";
    }
    return run.exitCode() == null || run.exitCode() == 0
        ? Figures.text(run.state())
        : Text.format("%s (%d)", Figures.text(run.state()), run.exitCode());
  }

  private static Found look(Store store, StoreEntry entry) {
    try {
      if (!entry.directory()) {
        return other(entry, "a file, not a run");
      }
      RunDirectory directory = new RunDirectory(store, entry.name());
      if (directory.exists()) {
        return new Found(Optional.of(RunSummary.of(directory)), Optional.empty());
      }
      return directory
          .unchangedSince()
          .map(run -> other(entry, "data and settings unchanged since the run " + run, run))
          .orElseGet(() -> other(entry, "no run, as it has no status.json"));
    } catch (StorageException | IllegalArgumentException e) {
      return other(entry, e.getMessage());
    }
  }

  private static Found other(StoreEntry entry, String reason) {
    return other(entry, reason, null);
  }

  private static Found other(StoreEntry entry, String reason, String unchangedSince) {
    return new Found(
        Optional.empty(), Optional.of(new Other(entry.name(), reason, unchangedSince)));
  }
}
