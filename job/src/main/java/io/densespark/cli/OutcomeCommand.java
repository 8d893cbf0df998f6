package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.job.Submission;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Ends as a driver has ended that was sent to a cluster: for {@code scripts/submit}. */
@Command(
    name = "outcome",
    description = "End as a job has ended whose driver scripts/submit sent to a cluster.")
final class OutcomeCommand extends VerbCommand {

  @Parameters(paramLabel = "ID", description = "The submission.")
  private String id;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return () -> {
      Submission submission = new Submission(id, config.run().output());
      Submission.Outcome outcome =
          submission
              .outcome(Inputs.hadoop(config))
              .orElseThrow(
                  () -> new JobException(ExitCode.TRAINING_FAILED, submission.noOutcome(), null));
      if (!outcome.message().isEmpty()) {
        session().err().println(outcome.message());
      }
      return ExitCode.of(outcome.exitCode());
    };
  }
}
