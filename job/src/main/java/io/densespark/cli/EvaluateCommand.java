package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.pipeline.EvaluateJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures a model. */
@Command(name = "evaluate", description = "Measure a model on the test images.")
final class EvaluateCommand extends VerbCommand {

  @Option(
      names = "--model",
      paramLabel = "URI",
      required = true,
      description = "A DL4J model zip: a path or Hadoop URI.")
  private String model;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new EvaluateJob(config, display, model);
  }
}
