package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists versions. */
@Command(
    name = "models",
    description = "List the versions of a model, their aliases and the audit log.")
final class ModelsCommand extends VerbCommand {

  @Option(names = "--json", description = "Print them as JSON and nothing else.")
  private boolean json;

  ModelsCommand(Session session) {
    super(session);
  }

  @Override
  ExitCode run(RunConfig config, RunDisplay display) throws Exception {
    if (json) {
      session().out().print(session().verbs().modelsJson(config));
      return ExitCode.SUCCESS;
    }
    return session().verbs().models(config, display);
  }
}
