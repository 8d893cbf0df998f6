package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.observe.TrainingMetricsPlugin;
import io.densespark.settings.Secrets;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.util.Utils;

/** What Spark is started with: what the user sets, and what replicas want. */
final class SparkSettings {

  static final String SLOT_CHECK = "spark.scheduler.barrier.maxConcurrentTasksCheck.";

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
          "spark.locality.wait",
          "0",
          SLOT_CHECK + "interval",
          "5s",
          SLOT_CHECK + "maxFailures",
          "6",
          // While a file is on its way to an executor, Spark takes the connection to be silent, and
          // would end it after spark.network.timeout.
          "spark.files.io.connectionTimeout",
          "1h",
          // Rows of a table that are in memory at once: images are large.
          "spark.sql.parquet.columnarReaderBatchSize",
          "64",
          "spark.ui.enabled",
          "false",
          "spark.ui.showConsoleProgress",
          "false");

  private static final String PLUGINS = "spark.plugins";

  private static final String NETWORK_TIMEOUT = "spark.network.timeout";

  private static final long SHORTEST_TIMEOUT_SECONDS = 10;

  /** One or two may be late; each costs every JVM some milliseconds, taken from training. */
  private static final int HEARTBEATS_IN_TIMEOUT = 4;

  private SparkSettings() {}

  /** What {@code spark-submit} and, before it, the settings of the run say. */
  static SparkConf given(RunConfig config) {
    SparkConf conf = new SparkConf();
    config.sparkConf().forEach(conf::set);
    conf.setMaster(config.run().master());
    return conf;
  }

  /** Sets what is not set. */
  static void complete(SparkConf conf, Duration timeout) {
    DEFAULTS.forEach(conf::setIfMissing);
    conf.setIfMissing("spark.redaction.regex", Secrets.NAMES);
    if (conf.get("spark.serializer", "").endsWith("KryoSerializer")) {
      conf.setIfMissing("spark.kryo.registrator", "org.nd4j.kryo.Nd4jRegistrator");
    }
    // Spark is to give up on an executor that does not answer just after its peers have: until
    // then the executor would hold the slot that its replacement needs.
    long timeoutSeconds = Math.max(timeout.toSeconds(), SHORTEST_TIMEOUT_SECONDS);
    conf.setIfMissing(NETWORK_TIMEOUT, (timeoutSeconds + 5) + "s");
    conf.setIfMissing(
        "spark.executor.heartbeatInterval",
        conf.getTimeAsMs(NETWORK_TIMEOUT) / HEARTBEATS_IN_TIMEOUT + "ms");
    conf.setIfMissing("spark.network.timeoutInterval", "5s");
    conf.setIfMissing("spark.barrier.sync.timeout", Long.toString(timeoutSeconds + 30));
    if (conf.get("spark.master").startsWith("local")) {
      // A task that runs out of memory fails like any other, and the job says why.
      conf.setIfMissing("spark.executor.killOnFatalError.depth", "0");
    }
    conf.setIfMissing("spark.app.name", "densespark");
    String plugins = conf.get(PLUGINS, "");
    String own = TrainingMetricsPlugin.class.getName();
    if (!plugins.contains(own)) {
      conf.set(PLUGINS, plugins.isBlank() ? own : plugins + "," + own);
    }
    requireLocalDirectory(Utils.getConfiguredLocalDirs(conf));
  }

  /** Spark ends the process with 53 where it can write to none of them. */
  static void requireLocalDirectory(String... directories) {
    for (String directory : directories) {
      try {
        Path path = Files.createDirectories(Path.of(directory));
        Files.delete(Files.createTempFile(path, "densespark", null));
        return;
      } catch (IOException e) {
        // The next one, then.
      }
    }
    throw new JobException(
        ExitCode.PREFLIGHT,
        Text.format(
            "Spark cannot write temporary files to %s: make room or give permission there, or set"
                + " SPARK_LOCAL_DIRS to a directory that can be written",
            String.join(", ", directories)),
        null);
  }
}
