package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.pipeline.RegisterJob;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes a model the next version. */
@Command(
    name = "register",
    description = "Make the model of a finished run (--run-id), or a DL4J zip, the next version.")
final class RegisterCommand extends VerbCommand {

  @Option(
      names = "--model",
      paramLabel = "URI",
      description = "A DL4J model zip: a path or Hadoop URI.")
  private String model;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new RegisterJob(config, display, Optional.ofNullable(model));
  }
}
