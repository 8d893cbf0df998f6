package io.densespark.job.run;

import io.densespark.job.ExitCode;
import io.densespark.job.JobException;
import io.densespark.text.Text;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.apache.spark.SparkContext;

/** Ends a run wherever it waits: cancels its Spark jobs, and keeps the reason. */
final class Cancellation implements AutoCloseable {

  private static final long INTERVAL_MILLIS = 1000;

  private final Runnable cancelJobs;
  private final Runnable end;
  private final ScheduledExecutorService watchdog =
      Executors.newSingleThreadScheduledExecutor(
          new BasicThreadFactory.Builder().namingPattern("cancellation").daemon(true).build());
  private volatile RuntimeException reason;

  /**
   * @param cancelJobs cancels the jobs that run now
   * @param end is called when the run is over
   */
  Cancellation(Runnable cancelJobs, Runnable end) {
    this.cancelJobs = cancelJobs;
    this.end = end;
  }

  /** Of the jobs that this thread starts from now on, and of no other run's. */
  static Cancellation ofThisThread(SparkContext spark) {
    String tag = "densespark-run-" + UUID.randomUUID();
    spark.addJobTag(tag);
    return new Cancellation(() -> spark.cancelJobsWithTag(tag), () -> spark.removeJobTag(tag));
  }

  /** Has the run end when it takes longer. */
  void limit(Duration limit) {
    watchdog.schedule(
        () ->
            cancel(
                new JobException(
                    ExitCode.TIMED_OUT,
                    Text.format(
                        "the run took longer than train.time-limit = %d s", limit.toSeconds()),
                    null)),
        limit.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  /** Has the run end now; the first reason counts. */
  synchronized void cancel(RuntimeException why) {
    if (reason == null && !watchdog.isShutdown()) {
      reason = why;
      // Again and again: a job may begin just after the others were cancelled.
      watchdog.scheduleWithFixedDelay(cancelJobs, 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Throws the reason if the run is to end. */
  void check() {
    if (reason != null) {
      throw reason;
    }
  }

  /** Throws the reason if the run is to end, in place of what came of that. */
  void check(Throwable thrown) {
    if (reason != null && reason != thrown) {
      reason.addSuppressed(thrown);
    }
    check();
  }

  boolean isReason(Throwable thrown) {
    return reason == thrown;
  }

  @Override
  public void close() {
    watchdog.shutdownNow();
    end.run();
  }
}
