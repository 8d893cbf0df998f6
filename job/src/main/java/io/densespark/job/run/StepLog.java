package io.densespark.job.run;

import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.StepRecord;
import io.densespark.storage.Store;
import io.densespark.train.StepMetrics;
import java.time.Duration;
import java.util.List;

/**
 * The log of steps, to which every step comes once, in order, however often it is told: while it
 * runs, out of a checkpoint, and at the end of its epoch.
 */
final class StepLog implements AutoCloseable {

  private static final Duration INTERVAL = Duration.ofSeconds(2);

  private final MetricsLog<StepRecord> log;
  private final int everySteps;
  private long lastStep;

  /**
   * Goes on with a log.
   *
   * @param lastStep what comes after this global step is done again
   * @param everySteps steps between two that are kept
   */
  StepLog(Store store, String path, long lastStep, int everySteps) {
    this.log =
        MetricsLog.resume(
            store, path, StepRecord.class, INTERVAL, record -> record.step() <= lastStep);
    this.lastStep = lastStep;
    this.everySteps = everySteps;
  }

  synchronized void add(List<StepMetrics> steps) {
    for (StepMetrics step : steps) {
      if (step.step() > lastStep) {
        lastStep = step.step();
        if (step.step() % everySteps == 0) {
          log.add(record(step));
        }
      }
    }
  }

  /** Makes everything added visible to readers now. */
  void flush() {
    log.flush();
  }

  @Override
  public void close() {
    log.close();
  }

  private static StepRecord record(StepMetrics step) {
    double stepMillis = step.totalNanos() / 1e6;
    return new StepRecord(
        step.step(),
        step.epoch(),
        step.loss(),
        step.learningRate(),
        stepMillis,
        step.examples() * 1000.0 / stepMillis,
        step.computeNanos() / 1e6,
        step.communicationNanos() / 1e6,
        step.waitNanos() / 1e6,
        step.dataNanos() / 1e6,
        step.bytesSent());
  }
}
