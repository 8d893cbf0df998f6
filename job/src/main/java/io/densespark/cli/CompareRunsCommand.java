package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.verb.CompareRunsJob;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares runs. */
@Command(name = "compare", description = "Show runs beside each other: differences and results.")
final class CompareRunsCommand extends VerbCommand {

  @Parameters(paramLabel = "RUN", arity = "2..*", description = "Ids of two or more runs.")
  private List<String> runIds;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new CompareRunsJob(config, display, runIds, json);
  }
}
