package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.pipeline.ModelsJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists versions. */
@Command(
    name = "models",
    description = "List the versions of a model, their aliases and the audit log.")
final class ModelsCommand extends VerbCommand {

  @Option(names = "--json", description = "Print them as JSON and nothing else.")
  private boolean json;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new ModelsJob(config, display, json);
  }
}
