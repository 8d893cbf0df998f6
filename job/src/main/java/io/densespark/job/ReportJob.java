package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.metrics.RunTables;
import io.densespark.report.Report;
import io.densespark.storage.Store;
import java.util.Map;

/**
 * Writes the report and the tables of a run from its files: of one that goes on, of one whose
 * process was killed, of one that an older version made.
 */
final class ReportJob {

  private final RunConfig config;
  private final RunDisplay display;

  ReportJob(RunConfig config, RunDisplay display) {
    this.config = config;
    this.display = display;
  }

  ExitCode run(String runId) {
    try (Store store = Store.open(config.run().output(), Experiment.hadoop(config))) {
      RunDirectory directory = new RunDirectory(store, runId);
      RunStatus status =
          directory.readStatus().orElseThrow(() -> new NoSuchRunException(directory));
      Map<String, String> settings = RunEnding.settings(directory);
      RunTables.write(directory, status, settings);
      Report.write(directory, status, settings);
      display.message("report  " + store.uri(directory.report()));
      return ExitCode.SUCCESS;
    }
  }
}
