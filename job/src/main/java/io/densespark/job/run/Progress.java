package io.densespark.job.run;

import io.densespark.engine.Engines;
import io.densespark.engine.PlanSummary;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.RunEvent;
import io.densespark.text.Text;
import io.densespark.train.StepMetrics;
import java.time.Instant;

/**
 * Shows a run, its speed calm enough to read, and notes when training begins, when an epoch is
 * evaluated and when a replica is lost.
 */
final class Progress implements RunListener {

  /** Share of the newest step in the moving average. */
  private static final double NEWEST = 0.1;

  private final RunDisplay display;
  private final RunJournal journal;
  private double secondsPerImage;
  private boolean engineIsKnown;

  Progress(RunDisplay display, RunJournal journal) {
    this.display = display;
    this.journal = journal;
  }

  @Override
  public void onRecovery(int attempt, String reason) {
    String first = reason.lines().findFirst().orElse("");
    String what =
        Text.format(
            "a replica was lost; going on from the last common step (attempt %d): %s",
            attempt, first.strip());
    display.warning(what);
    journal.add(RunEvent.Kind.REPLICA_LOST, what.strip());
  }

  @Override
  public void onStep(StepMetrics step) {
    if (secondsPerImage == 0) {
      journal.add(
          Instant.now().minusNanos(step.totalNanos()),
          RunEvent.Kind.TRAINING,
          "step " + step.step());
    }
    double seconds = step.totalNanos() / 1e9 / step.examples();
    secondsPerImage =
        secondsPerImage == 0 ? seconds : secondsPerImage + NEWEST * (seconds - secondsPerImage);
    display.step(step.epoch(), step.step(), step.loss(), 1 / secondsPerImage);
  }

  @Override
  public void onTrained(Trainer.Epoch trained) {
    if (!engineIsKnown) {
      trained.plan().ifPresent(this::show);
      engineIsKnown = true;
    }
    display.phase("evaluating");
  }

  @Override
  public void onEpoch(EpochEnd end) {
    EpochRecord epoch = end.record();
    journal.add(
        RunEvent.Kind.EPOCH,
        Text.format("%d evaluated: accuracy %.4f", epoch.epoch(), epoch.selectionAccuracy()));
    display.epoch(epoch);
    end.results().warning().ifPresent(display::warning);
  }

  private void show(PlanSummary plan) {
    Engines.caution(plan.engine()).ifPresent(display::warning);
    display.message(
        Text.format(
            "engine: %s, %d MB of native memory a replica, compiled in %.1f s",
            plan.computing(), plan.arenaBytes() >> 20, plan.compileMillis() / 1000));
  }
}
