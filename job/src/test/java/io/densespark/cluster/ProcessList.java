package io.densespark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What any user of this machine sees of its processes. */
public final class ProcessList {

  /** Secrets in the environment of a run. */
  static final Map<String, String> ENVIRONMENT =
      Map.of(
          "AWS_ACCESS_KEY_ID", "SHOWN0NOWHERE1",
          "AWS_SECRET_ACCESS_KEY", "shown0nowhere2",
          "OPENLINEAGE_API_KEY", "shown0nowhere3",
          "MLFLOW_TRACKING_TOKEN", "shown0nowhere7");

  private ProcessList() {}

  /** A settings file that only its owner can read, with secrets for Spark and Hadoop. */
  static String settingsFile(Path folder) throws IOException {
    Path file = folder.resolve("secrets.conf");
    Files.writeString(
        file,
        """
        spark.conf {
          "spark.hadoop.fs.s3a.access.key" = shown0nowhere4
          "spark.hadoop.fs.s3a.secret.key" = shown0nowhere5
          "spark.ssl.keyPassword" = shown0nowhere6
        }
        """);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file.toString();
  }

  /**
   * Requires that processes are seen and no secret is.
   *
   * @param seen each in the command line of some process
   * @param secret in none, in capitals or not
   */
  public static void assertShows(List<String> seen, String secret) throws IOException {
    List<String> lines = commandLines();
    for (String one : seen) {
      assertThat(lines).anyMatch(line -> line.contains(one));
    }
    assertThat(lines).noneMatch(line -> line.toLowerCase(java.util.Locale.ROOT).contains(secret));
  }

  /** The same for the secrets that are here. */
  static void assertShowsNone(String... seen) throws IOException {
    assertShows(List.of(seen), "shown0nowhere");
  }

  private static List<String> commandLines() throws IOException {
    List<String> lines = new ArrayList<>();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        try {
          lines.add(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
          // It has ended.
        }
      }
    }
    return lines;
  }
}
