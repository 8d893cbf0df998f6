package io.densespark.sync.endpoint;

import io.densespark.train.StepMetrics;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * When slot 0 tells the driver of its steps. Spark's heartbeats could carry them too, but from
 * every executor, and with all earlier steps each time.
 */
public final class StepReports {

  /** Often enough for a display; every message takes some time from the replicas. */
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final LongSupplier clock;
  private final Consumer<List<StepMetrics>> channel;
  private int reported;
  private long notBefore;

  /**
   * @param clock nanoseconds
   * @param channel takes a report
   */
  public StepReports(LongSupplier clock, Consumer<List<StepMetrics>> channel) {
    this.clock = clock;
    this.channel = channel;
    this.notBefore = clock.getAsLong();
  }

  /**
   * Sends what has not been sent, if it is time.
   *
   * @param steps all steps of the epoch so far: the first report has those of earlier attempts too
   */
  public void report(List<StepMetrics> steps) {
    long now = clock.getAsLong();
    if (now - notBefore >= 0) {
      channel.accept(List.copyOf(steps.subList(reported, steps.size())));
      reported = steps.size();
      notBefore = now + INTERVAL_NANOS;
    }
  }
}
