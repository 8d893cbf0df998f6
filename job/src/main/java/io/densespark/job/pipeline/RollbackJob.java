package io.densespark.job.pipeline;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.Workspace;
import io.densespark.text.Text;
import java.util.Optional;

/**
 * Returns to an earlier champion.
 *
 * @param to empty: the champion before this one
 */
public record RollbackJob(RunConfig config, RunDisplay display, Optional<Integer> to)
    implements Job {

  @Override
  public ExitCode run() {
    try (Workspace workspace = Workspace.open(config)) {
      display.message(Text.format("version %d is the champion", workspace.registry().rollBack(to)));
      return ExitCode.SUCCESS;
    }
  }
}
