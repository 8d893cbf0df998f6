package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.verb.RunOrder;
import io.densespark.job.verb.RunsJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists runs. */
@Command(
    name = "runs",
    description = "List the runs of a workspace.",
    subcommands = {CompareRunsCommand.class, OutcomeCommand.class})
final class RunsCommand extends VerbCommand {

  @Option(
      names = "--sort",
      paramLabel = "BY",
      description = "started (newest first, the default), accuracy, speed or id.")
  private RunOrder order = RunOrder.STARTED;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new RunsJob(config, display, order, json);
  }
}
