package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
import picocli.CommandLine.Command;

/** Checks what a run needs. */
@Command(
    name = "doctor",
    description = "Check Java, memory, native libraries, data, output and Spark.")
final class DoctorCommand extends VerbCommand {

  DoctorCommand(Session session) {
    super(session);
  }

  @Override
  ExitCode run(RunConfig config, RunDisplay display) throws Exception {
    return session().verbs().doctor(config, display);
  }
}
