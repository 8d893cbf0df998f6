package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
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

  CompareRunsCommand(Session session) {
    super(session);
  }

  @Override
  ExitCode run(RunConfig config, RunDisplay display) throws Exception {
    return session().verbs().compareRuns(config, runIds, json, display);
  }
}
