package io.densespark.job.pipeline;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Optional;

/**
 * One slot of a schedule, from images to champion:
 *
 * <pre>
 *   name the run by its day, or by settings, data and code; lock it
 *   end here where data and settings are those of the newest version
 *   train, or go on, or find it finished
 *   evaluate on the cluster ──► register ──► gate ──► promote, or note the rejection
 *   retrain.json; notify.command
 * </pre>
 *
 * <p>Every stage finds what an earlier call did and goes on from there, so that a call that was
 * killed anywhere can be made again, and one that had finished changes nothing.
 *
 * @param asOf day of the slot, which names the run; empty: a hash of settings, data and code does
 * @param dryRun whether the registry is left alone
 * @param force whether a model is trained although data and settings are those of the newest
 *     version
 */
public record RetrainJob(
    RunConfig config, RunDisplay display, Optional<LocalDate> asOf, boolean dryRun, boolean force)
    implements Job {

  @Override
  public ExitCode run() throws IOException {
    return new Retraining(config, display, asOf, dryRun, force).run();
  }
}
