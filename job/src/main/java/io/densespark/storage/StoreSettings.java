package io.densespark.storage;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/** Settings of the file systems that a long run needs, used where the user set none. */
final class StoreSettings {

  /**
   * Bounds on retries. Hadoop's own defaults multiply (S3A's retries of the SDK's retries; HDFS's
   * connection time-outs) to a job that hangs for the better part of an hour on a store that is
   * gone. With these, a call to S3 is given up after at most 15 requests (27 where the store asks
   * to slow down): within seconds where it refuses, minutes where it is silent.
   */
  private static final Map<String, String> BOUNDS =
      Map.of(
          "fs.s3a.attempts.maximum", "2",
          "fs.s3a.retry.limit", "4",
          "fs.s3a.retry.throttle.limit", "8",
          "fs.s3a.connection.establish.timeout", "5000",
          "fs.s3a.connection.timeout", "20000",
          "ipc.client.connect.max.retries.on.timeouts", "3",
          // Closing a file waits for its last block to be reported: looked at sooner, as long in
          // all.
          "dfs.client.block.write.locateFollowingBlock.initial.delay.ms", "25",
          "dfs.client.block.write.locateFollowingBlock.retries", "9");

  private StoreSettings() {}

  /** A copy with our bounds wherever only Hadoop's built-in default stands. */
  static Configuration bounded(Configuration given) {
    Configuration settings = new Configuration(given);
    BOUNDS.forEach(
        (name, value) -> {
          if (onlyDefault(given, name)) {
            settings.set(name, value);
          }
        });
    settings.setBoolean("fs.automatic.close", false);
    return settings;
  }

  private static boolean onlyDefault(Configuration given, String name) {
    String[] sources = given.getPropertySources(name);
    if (sources == null) {
      return given.get(name) == null;
    }
    for (String source : sources) {
      if (!source.endsWith("-default.xml")) {
        return false;
      }
    }
    return true;
  }
}
