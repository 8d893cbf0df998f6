package io.densespark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scripts in a checkout at an uncommon place, and in uncommon surroundings. */
final class ScriptsIT {

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Path ROOT = Path.of(System.getProperty("densespark.scripts"), "..");

  @TempDir Path directory;

  @Test
  void runFromAPathWithBlanksAndThroughLinks() throws IOException {
    Path checkout = checkout("a b # 100%");
    Path link =
        Files.createSymbolicLink(directory.resolve("link"), checkout.resolve("scripts/densespark"));
    Path submit =
        Files.createSymbolicLink(directory.resolve("to link"), checkout.resolve("scripts/submit"));
    Path output = Files.createDirectories(directory.resolve("out put"));

    for (Path script : List.of(link, submit)) {
      ScriptResult runs =
          run(script, Map.of(), "runs", "--output", output.toString(), "--master", "local[1]");
      assertThat(runs.exitCode()).as(runs.output()).isZero();
      assertThat(runs.output()).contains("out put");
    }
  }

  @Test
  void pathsThatJavaTakesForListsAreRefused() throws IOException {
    ScriptResult result = run(checkout("a:b").resolve("scripts/densespark"), Map.of(), "settings");

    assertThat(result.exitCode()).isEqualTo(11);
    assertThat(result.output()).contains("a:b").contains("colon");
  }

  @Test
  void namesBeyondAsciiWorkWhereTheLocaleKnowsNone() throws IOException {
    // Made by bash, as this JVM may know ASCII names only.
    Path script = directory.resolve("script");
    Files.writeString(
        script,
        "mkdir \"$1/ausgabe-\"$'\\xc3\\xbc' && exec \"$2\" runs --output \"$1/ausgabe-\"$'\\xc3\\xbc'\n");
    ScriptResult result =
        Scripts.run(
            LIMIT,
            Map.of("LC_ALL", "C"),
            Path.of("/bin/bash"),
            script.toString(),
            directory.toString(),
            ROOT.resolve("scripts/densespark").toString());

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).contains("ausgabe-\u00fc").doesNotContain("?");
  }

  @ParameterizedTest
  @CsvSource({
    "--deploy-mode, train --output /a, needs --master",
    "--deploy-mode, train --master yarn, give a URI",
    "--deploy-mode, train --master yarn --output a, --output is 'a'",
    "--deploy-mode, train --master yarn --output /a --fresh, another --run-id",
    "--deploy-mode, train --master local[2] --output /a, spark://HOST:7077",
    "--name, '', --name wants a value"
  })
  void driversOnAClusterNeedWhatTheyLeaveTheirOutcomeIn(
      String option, String arguments, String refusal) {
    String line = (option.equals("--name") ? option : option + " cluster ") + arguments;
    ScriptResult result = Scripts.run(LIMIT, Map.of(), "submit", line.strip().split(" +"));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(2);
    assertThat(result.output()).contains(refusal);
  }

  @Test
  void temporaryFilesThatCannotBeWrittenAreNamed() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    ScriptResult result =
        Scripts.run(
            LIMIT,
            Map.of("SPARK_LOCAL_DIRS", file.toString()),
            "densespark",
            new SmallRuns(directory).local("train", "a"));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(11);
    assertThat(result.output())
        .contains(file.toString())
        .contains("SPARK_LOCAL_DIRS")
        .doesNotContain("\tat ");
  }

  @Test
  void startsTakeTheirClassesFromAnArchive() throws IOException {
    Path loaded = directory.resolve("loaded");
    ScriptResult version = version("-Xlog:class+load:file=" + loaded);

    assertThat(version.exitCode()).as(version.output()).isZero();
    assertThat(version.output()).doesNotContain("[warning]");
    assertThat(Files.readAllLines(loaded))
        .filteredOn(line -> line.contains(" io.densespark.cli.Main source: "))
        .singleElement()
        .satisfies(line -> assertThat(line).contains("shared objects file"));
  }

  @Test
  void startsAreRecorded() {
    Path recording = directory.resolve("start.jfr");
    ScriptResult version = version("-XX:StartFlightRecording=filename=" + recording);

    assertThat(version.exitCode()).as(version.output()).isZero();
    assertThat(recording).isNotEmptyFile();
  }

  private static ScriptResult version(String javaOption) {
    return Scripts.run(
        LIMIT, Map.of("DENSESPARK_JAVA_OPTIONS", javaOption), "densespark", "version");
  }

  @Test
  void testsAreCountedAsMavenCountsThem() throws IOException {
    Path checkout = checkout("counted");
    String summary =
        """
        [INFO] Tests run: 23, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1 s -- in a.ATest
        [ERROR] Tests run: 2118, Failures: 2, Errors: 1, Skipped: 0
        [INFO] Tests run: 154, Failures: 0, Errors: 0, Skipped: 0
        """;
    Path summaries = Files.writeString(checkout.resolve("summaries"), summary);
    Path maven = Files.createDirectory(checkout.resolve("bin")).resolve("mvn");
    Files.writeString(
        maven, "#!/bin/sh\ncase $* in *verify*) cat '" + summaries + "'; exit 1;; esac\n");
    assertThat(maven.toFile().setExecutable(true)).isTrue();

    ScriptResult result =
        run(
            checkout.resolve("scripts/test"),
            Map.of("PATH", maven.getParent() + ":" + System.getenv("PATH")));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    assertThat(result.output()).endsWith("2269 passed, 3 failed, 0 skipped\n");
  }

  @Test
  void memoryIsThatOfTheOwnControlGroupAndThoseAboveIt() {
    ScriptResult files =
        Scripts.run(
            LIMIT,
            Map.of(),
            Path.of("/bin/bash"),
            "-c",
            ". \"$1\"; printf '9:cpuset:/x\\n4:cpu,memory:/a/b\\n0::/c\\n' | cgroup_files memory memory.max memory.limit_in_bytes",
            "bash",
            ROOT.resolve("scripts/lib.sh").toString());

    assertThat(files.exitCode()).as(files.output()).isZero();
    assertThat(files.output().lines())
        .containsExactly(
            "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/c/memory.max",
            "/sys/fs/cgroup/memory.max");
  }

  @Test
  void theSmallestQuotaOfProcessorsCountsRoundedUp() {
    String own = "/proc/self/cgroup";
    String version1 = "/sys/fs/cgroup/cpu/cpu.cfs_";
    String above = "/sys/fs/cgroup/a/cpu.max";
    String version2 = "/sys/fs/cgroup/a/b/cpu.max";

    assertThat(quota(own, "0::/a/b", above, "150000 100000", version2, "max 100000"))
        .isEqualTo("2");
    assertThat(quota(own, "0::/a/b", above, "400000 100000", version2, "100000 100000"))
        .isEqualTo("1");
    assertThat(quota(own, "0::/a/b", version2, "max 100000")).isEmpty();
    assertThat(
            quota(
                own,
                "2:cpu,cpuacct:/",
                version1 + "quota_us",
                "300000",
                version1 + "period_us",
                "100000"))
        .isEqualTo("3");
    assertThat(quota(own, "2:cpu:/", version1 + "quota_us", "-1", version1 + "period_us", "100000"))
        .isEmpty();
  }

  /** How many processors a machine gives that has these files: a name, its content, a name, … */
  private static String quota(String... files) {
    StringBuilder cases = new StringBuilder();
    for (int i = 0; i < files.length; i += 2) {
      cases.append(files[i]).append(") echo '").append(files[i + 1]).append("' ;; ");
    }
    String cat = "cat() { for name; do case $name in " + cases + "esac; done; }";
    ScriptResult result =
        Scripts.run(
            LIMIT,
            Map.of(),
            Path.of("/bin/bash"),
            "-euo",
            "pipefail",
            "-c",
            ". \"$1\"; " + cat + "; processor_quota",
            "bash",
            ROOT.resolve("scripts/lib.sh").toString());
    assertThat(result.exitCode()).as(result.output()).isZero();
    return result.output();
  }

  private ScriptResult run(Path script, Map<String, String> environment, String... arguments) {
    return Scripts.run(LIMIT, environment, script, arguments);
  }

  /** What the scripts need of a checkout, under another name. */
  private Path checkout(String name) throws IOException {
    Path checkout = Files.createDirectory(directory.resolve(name));
    try (Stream<Path> files = Files.walk(ROOT.resolve("scripts"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = checkout.resolve(ROOT.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    Files.copy(ROOT.resolve("pom.xml"), checkout.resolve("pom.xml"));
    Files.createDirectory(checkout.resolve(".densespark"));
    Files.createSymbolicLink(
        checkout.resolve(".densespark/spark-home"),
        ROOT.resolve(".densespark/spark-home").toRealPath());
    return checkout;
  }
}
