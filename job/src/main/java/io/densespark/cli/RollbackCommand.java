package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.pipeline.RollbackJob;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Returns to an earlier champion. */
@Command(name = "rollback", description = "Return to the champion before this one.")
final class RollbackCommand extends VerbCommand {

  @Option(
      names = "--to",
      paramLabel = "N",
      description = "An earlier champion; does nothing if it is the champion already.")
  private Integer to;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new RollbackJob(config, display, Optional.ofNullable(to));
  }
}
