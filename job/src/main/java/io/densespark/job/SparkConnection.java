package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.settings.Secrets;
import io.densespark.storage.LocalFiles;
import io.densespark.sync.Preflight;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A Spark context set up for replicas, and what it offers.
 *
 * <p>A process has one context at a time. A connection that is opened while another one is open
 * shares its context, which ends with the one opened first: a verb made of several jobs holds it
 * open, as an application on YARN may not start a second one.
 */
public final class SparkConnection implements AutoCloseable {

  /**
   * Defaults that replicas want; anything that the user sets wins.
   *
   * <ul>
   *   <li>locality: a barrier stage starts all tasks at once or none, so waiting for a better place
   *       would hold up everyone; with 0 Spark still prefers the executor that caches the shard
   *   <li>the slot check would otherwise be repeated for ten minutes before it fails
   * </ul>
   */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "spark.locality.wait", "0",
          "spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "5s",
          "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "6",
          "spark.ui.enabled", "false",
          "spark.ui.showConsoleProgress", "false");

  private static final String NETWORK_TIMEOUT = "spark.network.timeout";

  private static final long SHORTEST_TIMEOUT_SECONDS = 10;

  /** One or two may be late; each costs every JVM some milliseconds, taken from training. */
  private static final int HEARTBEATS_IN_TIMEOUT = 4;

  private static JavaSparkContext shared;

  private final JavaSparkContext context;
  private final boolean owner;

  private SparkConnection(JavaSparkContext context, boolean owner) {
    this.context = context;
    this.owner = owner;
  }

  /** Connects to the master that the settings name, or that {@code spark-submit} has set. */
  public static synchronized SparkConnection open(RunConfig config) {
    if (shared != null) {
      return new SparkConnection(shared, false);
    }
    SparkConf conf = new SparkConf();
    config.sparkConf().forEach(conf::set);
    DEFAULTS.forEach(conf::setIfMissing);
    // Spark is to give up on an executor that does not answer just after its peers have: until
    // then the executor would hold the slot that its replacement needs.
    long timeoutSeconds = Math.max(config.sync().timeout().toSeconds(), SHORTEST_TIMEOUT_SECONDS);
    conf.setIfMissing(NETWORK_TIMEOUT, (timeoutSeconds + 5) + "s");
    conf.setIfMissing(
        "spark.executor.heartbeatInterval",
        conf.getTimeAsMs(NETWORK_TIMEOUT) / HEARTBEATS_IN_TIMEOUT + "ms");
    conf.setIfMissing("spark.network.timeoutInterval", "5s");
    conf.setIfMissing("spark.barrier.sync.timeout", Long.toString(timeoutSeconds + 30));
    conf.setMaster(config.run().master());
    conf.setIfMissing("spark.app.name", "densespark");
    shared = new JavaSparkContext(conf);
    LocalFiles.keepMask(shared.hadoopConfiguration());
    return new SparkConnection(shared, true);
  }

  public JavaSparkContext context() {
    return context;
  }

  /** Tasks that can run at once. On a cluster, waits until its executors have come. */
  public int slots() {
    if (!context.isLocal()) {
      // A job returns only when an executor is there; the others register within moments.
      context.parallelize(List.of(1), 1).count();
      int seen = 0;
      for (int stable = 0; stable < 4; ) {
        int now = Preflight.slots(context);
        stable = now == seen ? stable + 1 : 0;
        seen = now;
        pause(500);
      }
    }
    return Math.max(1, Preflight.slots(context));
  }

  /** Spark's settings, secrets hidden. */
  public Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    Arrays.stream(context.getConf().getAll())
        .forEach(entry -> settings.put(entry._1(), entry._2()));
    return Secrets.redact(settings);
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped while waiting for executors", e);
    }
  }

  @Override
  public void close() {
    if (owner) {
      forget();
      context.stop();
    }
  }

  private static synchronized void forget() {
    shared = null;
  }
}
