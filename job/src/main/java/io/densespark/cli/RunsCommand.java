package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
import io.densespark.job.RunOrder;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists runs. */
@Command(name = "runs", description = "List the runs of a workspace.")
final class RunsCommand extends VerbCommand {

  /** What runs can be sorted by; named as people write it. */
  enum Sort {
    started,
    accuracy,
    speed,
    id
  }

  @Option(
      names = "--sort",
      paramLabel = "BY",
      description = "started (newest first, the default), accuracy, speed or id.")
  private Sort sort = Sort.started;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  RunsCommand(Session session) {
    super(session);
  }

  @Override
  ExitCode run(RunConfig config, RunDisplay display) throws Exception {
    RunOrder order = RunOrder.valueOf(sort.name().toUpperCase(Locale.ROOT));
    return session().verbs().runs(config, order, json, display);
  }
}
