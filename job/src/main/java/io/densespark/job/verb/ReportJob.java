package io.densespark.job.verb;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.Workspace;
import io.densespark.job.run.RunEnding;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.metrics.RunTables;
import io.densespark.report.Report;
import java.util.Map;

/**
 * Writes the report and the tables of a run from its files: of one that goes on, of one whose
 * process was killed, of one that an older version made.
 */
public record ReportJob(RunConfig config, RunDisplay display, String runId) implements Job {

  @Override
  public ExitCode run() {
    try (Workspace workspace = Workspace.open(config)) {
      RunDirectory directory = workspace.existing(runId);
      RunStatus status = directory.readStatus().orElseThrow();
      Map<String, String> settings = RunEnding.settings(directory);
      RunTables.write(directory, status, settings);
      Report.write(directory, status, settings);
      display.message("report  " + workspace.store().uri(directory.report()));
      return ExitCode.SUCCESS;
    }
  }
}
