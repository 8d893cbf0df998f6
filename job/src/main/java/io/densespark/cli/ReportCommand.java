package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes the report of a run. */
@Command(
    name = "report",
    description = "Write report.html and the Parquet tables of a run, whatever its state.")
final class ReportCommand extends VerbCommand {

  @Parameters(paramLabel = "RUN", description = "Id of the run.")
  private String runId;

  ReportCommand(Session session) {
    super(session);
  }

  @Override
  ExitCode run(RunConfig config, RunDisplay display) throws Exception {
    return session().verbs().report(config, runId, display);
  }
}
