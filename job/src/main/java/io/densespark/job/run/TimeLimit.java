package io.densespark.job.run;

import io.densespark.job.ExitCode;
import io.densespark.job.JobException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.apache.spark.api.java.JavaSparkContext;

/** Ends a run that takes too long, wherever it waits: cancels its Spark jobs. */
final class TimeLimit implements AutoCloseable {

  private final Optional<Duration> limit;
  private final ScheduledExecutorService watchdog =
      Executors.newSingleThreadScheduledExecutor(
          new BasicThreadFactory.Builder().namingPattern("time-limit").daemon(true).build());
  private volatile boolean expired;

  TimeLimit(Optional<Duration> limit, JavaSparkContext context) {
    this.limit = limit;
    limit.ifPresent(
        duration ->
            watchdog.scheduleAtFixedRate(
                () -> {
                  expired = true;
                  // Again and again: a job may begin just after the others were cancelled.
                  context.cancelAllJobs();
                },
                duration.toMillis(),
                1000,
                TimeUnit.MILLISECONDS));
  }

  /** Throws if the time is up. */
  void check(Throwable cause) {
    if (expired) {
      throw new JobException(
          ExitCode.TIMED_OUT,
          "the run took longer than train.time-limit = %d s".formatted(limit.get().toSeconds()),
          cause);
    }
  }

  @Override
  public void close() {
    watchdog.shutdownNow();
  }
}
