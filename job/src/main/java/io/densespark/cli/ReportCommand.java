package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.verb.ReportJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes the report of a run. */
@Command(
    name = "report",
    description = "Write report.html and the Parquet tables of a run, whatever its state.")
final class ReportCommand extends VerbCommand {

  @Parameters(paramLabel = "RUN", description = "Id of the run.")
  private String runId;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new ReportJob(config, display, runId);
  }
}
