package io.densespark.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command itself, which does nothing without a verb. */
@Command(
    name = "densespark",
    mixinStandardHelpOptions = true,
    versionProvider = RootCommand.Version.class,
    synopsisSubcommandLabel = "VERB",
    commandListHeading = "%nVerbs:%n",
    description = "Trains DenseNets on Apache Spark.",
    subcommands = {
      TrainCommand.class,
      EvaluateCommand.class,
      PredictCommand.class,
      RunsCommand.class,
      ScaleCommand.class,
      ReportCommand.class,
      ExportCommand.class,
      RetrainCommand.class,
      RegisterCommand.class,
      PromoteCommand.class,
      RollbackCommand.class,
      ModelsCommand.class,
      DoctorCommand.class,
      SettingsCommand.class,
      VersionCommand.class
    },
    footer = "%n\"densespark VERB --help\" tells the options of a verb.")
final class RootCommand implements Runnable {

  private final Session session;

  @Spec private CommandSpec spec;

  RootCommand(Session session) {
    this.session = session;
  }

  /** The session of a command below this one. */
  static Session session(CommandSpec below) {
    return ((RootCommand) below.root().userObject()).session;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "name a verb: " + String.join(", ", spec.subcommands().keySet()));
  }

  /** What the verb {@code version} shows. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return VersionCommand.lines().toArray(String[]::new);
    }
  }
}
