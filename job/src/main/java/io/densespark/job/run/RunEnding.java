package io.densespark.job.run;

import io.densespark.config.ResolvedSettings;
import io.densespark.config.RunConfig;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunEvent;
import io.densespark.metrics.RunStatus;
import io.densespark.metrics.RunTables;
import io.densespark.report.Report;
import io.densespark.storage.StorageException;
import io.densespark.text.Text;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * What is made of a run's logs once it is over, however it ended. None of it may turn a good run
 * into a failed one: what cannot be written is told.
 */
public final class RunEnding {

  private final RunDirectory directory;
  private final RunDisplay display;
  private final RunConfig config;
  private final Optional<Mlflow> mlflow;

  RunEnding(RunDirectory directory, RunDisplay display, RunConfig config, Optional<Mlflow> mlflow) {
    this.directory = directory;
    this.display = display;
    this.config = config;
    this.mlflow = mlflow;
  }

  /**
   * Writes the last status and all that follows from it. A success is stated last, so that whoever
   * waits for it finds everything; a failure first, as little time may be left.
   */
  void end(RunStatus last) {
    RunJournal journal = new RunJournal(directory, display);
    if (last.state() == RunStatus.State.SUCCEEDED) {
      journal.add(
          RunEvent.Kind.SUCCEEDED,
          "after epoch " + last.epochs() + (last.stoppedEarly() ? ", stopped early" : ""));
      write(last);
      directory.writeStatus(last);
    } else {
      directory.writeStatus(last);
      journal.add(
          RunEvent.Kind.FAILED, Text.format("exit code %d: %s", last.exitCode(), last.error()));
      write(last);
    }
  }

  /** Writes the tables and the report of a run in this state. */
  void write(RunStatus status) {
    attempt("the tables", () -> RunTables.write(directory, status, settings(directory)));
    attempt("the report", () -> Report.write(directory, status, settings(directory)));
    attempt("the lineage", () -> Lineage.write(directory, status, config));
    mlflow.ifPresent(record -> attempt("the record at MLflow", () -> record.end(status)));
  }

  /** The settings of a run that count, by dotted name; none where it did not get to write them. */
  public static Map<String, String> settings(RunDirectory directory) {
    try {
      byte[] json = directory.store().read(directory.config());
      return ResolvedSettings.inUse(new String(json, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw damagedSettings(directory);
    } catch (StorageException e) {
      if (e.reason() == StorageException.Reason.MISSING) {
        return Map.of();
      }
      throw e;
    }
  }

  static StorageException damagedSettings(RunDirectory directory) {
    return new StorageException(
        StorageException.Reason.DAMAGED,
        Text.format(
            "%s is not what this program writes. Restore it, or start over with --fresh or under another --run-id",
            directory.store().uri(directory.config())));
  }

  private void attempt(String what, Runnable writing) {
    try {
      writing.run();
    } catch (RuntimeException | LinkageError e) {
      display.warning(Text.format("%s of the run could not be written: %s", what, e.getMessage()));
    }
  }
}
