package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.verb.DoctorJob;
import picocli.CommandLine.Command;

/** Checks what a run needs. */
@Command(
    name = "doctor",
    description = "Check Java, memory, native libraries, data, output and Spark.")
final class DoctorCommand extends VerbCommand {

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new DoctorJob(config, display);
  }
}
