package io.densespark.storage;

import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Connections with the settings that a long run needs, used where the user set none. */
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

  static FileSystem connect(Path path, Configuration configuration) throws IOException {
    String scheme = path.toUri().getScheme();
    Publication.requireSupported(
        scheme == null ? FileSystem.getDefaultUri(configuration).getScheme() : scheme,
        configuration);
    FileSystem connected =
        scheme == null
            ? FileSystem.newInstance(configuration)
            : FileSystem.newInstance(path.toUri(), configuration);
    return connected instanceof LocalFileSystem local ? plain(local) : connected;
  }

  /**
   * The checksumming wrapper would litter the workspace with .crc files; manifests carry SHA-256
   * where it matters.
   */
  private static FileSystem plain(LocalFileSystem checksumming) throws IOException {
    if (checksumming.getRaw().getClass() != RawLocalFileSystem.class) {
      return checksumming.getRaw();
    }
    FileSystem files = new LocalFiles();
    files.initialize(checksumming.getUri(), checksumming.getConf());
    checksumming.close();
    return files;
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
