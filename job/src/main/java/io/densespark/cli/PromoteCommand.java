package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.pipeline.PromoteJob;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes a version the champion, if the gate lets it through. */
@Command(
    name = "promote",
    description = "Make a version the champion if it passes the gate (exit code 30 if not).")
final class PromoteCommand extends VerbCommand {

  @Option(
      names = "--model-version",
      paramLabel = "N",
      description = "Number of the version (default: the candidate).")
  private Integer version;

  @Option(names = "--dry-run", description = "Say what the gate would decide; change nothing.")
  private boolean dryRun;

  @Option(
      names = "--force",
      paramLabel = "REASON",
      description = "Ask no gate; the reason goes into the audit log.")
  private String force;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new PromoteJob(
        config, display, Optional.ofNullable(version), dryRun, Optional.ofNullable(force));
  }
}
