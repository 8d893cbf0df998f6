package io.densespark.cli;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.run.TrainJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains a net. */
@Command(
    name = "train",
    description = "Train a net; with the id of an unfinished run, go on with it.")
final class TrainCommand extends VerbCommand {

  @Option(names = "--fresh", description = "Start over where a run of this id exists.")
  private boolean fresh;

  @Override
  ConfigSources withOwnOptions(ConfigSources sources) {
    return sources.fresh(fresh);
  }

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new TrainJob(config, display);
  }
}
