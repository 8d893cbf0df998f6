package io.densespark.job.run;

import io.densespark.job.RunDisplay;
import io.densespark.metrics.RunEvent;
import io.densespark.sync.StepObserver;
import io.densespark.train.StepMetrics;
import java.util.List;
import java.util.regex.Pattern;

/** Hands steps on to the log and the display, with a speed that is calm enough to read. */
final class Progress implements StepObserver {

  /** Share of the newest step in the moving average. */
  private static final double NEWEST = 0.1;

  private static final Pattern LOSS =
      Pattern.compile("ExecutorLostFailure|Collective|PeerLost|timed out");

  private final RunDisplay display;
  private final RunJournal journal;
  private volatile StepLog log;
  private double secondsPerImage;

  Progress(RunDisplay display, RunJournal journal) {
    this.display = display;
    this.journal = journal;
  }

  /** Steps are logged from now on. */
  void logTo(StepLog stepLog) {
    log = stepLog;
  }

  @Override
  public void onRecovery(int attempt, String reason) {
    String first = reason.lines().filter(line -> LOSS.matcher(line).find()).findFirst().orElse("");
    String what =
        "a replica was lost; going on from the last common step (attempt %d) %s"
            .formatted(attempt, first.strip());
    display.warning(what);
    journal.add(RunEvent.Kind.REPLICA_LOST, what.strip());
  }

  @Override
  public void onStep(StepMetrics step) {
    double seconds = step.totalNanos() / 1e9 / step.examples();
    secondsPerImage =
        secondsPerImage == 0 ? seconds : secondsPerImage + NEWEST * (seconds - secondsPerImage);
    StepLog logging = log;
    if (logging != null) {
      logging.add(List.of(step));
    }
    display.step(step.epoch(), step.step(), step.loss(), 1 / secondsPerImage);
  }
}
