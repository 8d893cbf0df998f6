package io.densespark.sync;

import io.densespark.sync.collective.RunSecret;
import io.densespark.train.StepMetrics;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.spark.SparkEnv;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.util.RpcUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the driver of rank 0's steps while an epoch runs, without waiting for it. Spark's
 * heartbeats could carry them too, but from every executor, and with all earlier steps each time.
 */
final class ProgressSender {

  private static final Logger LOG = LoggerFactory.getLogger(ProgressSender.class);

  /** Often enough for a display; every message takes some time from the replicas. */
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final LongSupplier clock;
  private final Consumer<ProgressReport> channel;
  private int reported;
  private long notBefore;

  ProgressSender(LongSupplier clock, Consumer<ProgressReport> channel) {
    this.clock = clock;
    this.channel = channel;
    this.notBefore = clock.getAsLong();
  }

  /** A sender to the driver of a job. */
  static ProgressSender toDriver(EpochWork work) {
    RunSecret secret = RunSecret.decode(work.secret());
    SparkEnv env = SparkEnv.get();
    RpcEndpointRef driver =
        RpcUtils.makeDriverRef(ProgressDesk.nameOf(work.job()), env.conf(), env.rpcEnv());
    return new ProgressSender(
        System::nanoTime, report -> send(driver, report.seal(secret, work.job())));
  }

  /** Training does not depend on being watched. */
  private static void send(RpcEndpointRef driver, byte[] message) {
    try {
      driver.send(message);
    } catch (Exception e) {
      LOG.debug("a report of steps was not sent", e);
    }
  }

  /**
   * Sends what has not been sent, if it is time.
   *
   * @param steps all steps of the epoch so far: the first report has those of earlier attempts too
   */
  void report(List<StepMetrics> steps) {
    long now = clock.getAsLong();
    if (now - notBefore >= 0) {
      channel.accept(new ProgressReport(List.copyOf(steps.subList(reported, steps.size()))));
      reported = steps.size();
      notBefore = now + INTERVAL_NANOS;
    }
  }
}
