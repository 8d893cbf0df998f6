package io.densespark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.config.RunConfigLoader;
import io.densespark.job.Job;
import io.densespark.job.SmallJobs;
import io.densespark.job.SparkConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The digits, groups and letters of a JVM's locale are nowhere in what the job writes. */
class LocalesTest {

  private static final Path SAMPLE =
      Path.of("src/test/resources/fashion-mnist-sample").toAbsolutePath();

  @TempDir Path workspace;

  private final Locale before = Locale.getDefault();
  private final ByteArrayOutputStream screen = new ByteArrayOutputStream();

  @AfterEach
  void restore() {
    Locale.setDefault(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ar-EG", "fa-IR", "my-MM", "hi-IN-u-nu-deva", "th-TH-u-nu-thai", "fr-FR", "tr-TR"})
  void runsAreTheSameUnderEveryLocale(String tag) throws IOException {
    Locale.setDefault(Locale.forLanguageTag(tag));
    // One context of this locale for both runs.
    try (SparkConnection spark = SparkConnection.open(new SmallJobs(workspace).config("a"))) {
      assertThat(spark.context().version()).startsWith("3.5");
      trainsResumesAndReports();
    }
  }

  private void trainsResumesAndReports() throws IOException {
    succeeds("train", "--run-id", "a");
    Path status = workspace.resolve("runs/a/status.json");
    String whole = Files.readString(status);
    Files.writeString(
        status,
        whole
            .replace("\"succeeded\"", "\"running\"")
            .replaceFirst("\"exitCode\" : 0", "\"exitCode\" : null"));
    succeeds("train", "--run-id", "a");
    assertThat(screen.toString(StandardCharsets.UTF_8)).contains("resuming after");
    succeeds("report", "a");
    succeeds("runs");
    assertThat(run("train", "--set", "train.epochs=1234567")).isEqualTo(2);

    assertPlain("screen", screen.toString(StandardCharsets.UTF_8));
    try (Stream<Path> files = Files.walk(workspace)) {
      for (Path file : files.toList()) {
        assertPlain("name", file.getFileName().toString());
        if (file.toString().matches(".*\\.(json|jsonl|html)")) {
          assertPlain(file.toString(), Files.readString(file));
        }
      }
    }
  }

  private static void assertPlain(String what, String text) {
    assertThat(text.chars().filter(c -> c > '9' && Character.isDigit(c)).count()).as(what).isZero();
    // How French groups digits.
    assertThat(text).as(what).doesNotContain("\u202f", "\u00a0");
  }

  private void succeeds(String... verb) {
    int code = run(verb);
    assertThat(code).as(screen.toString(StandardCharsets.UTF_8)).isZero();
  }

  private int run(String... verb) {
    List<String> arguments = new ArrayList<>(List.of(verb));
    arguments.addAll(List.of("--output", workspace.toString()));
    for (String setting :
        List.of(
            "run.master=local[2]",
            "data.path=" + SAMPLE,
            "data.verify-checksums=false",
            "data.image-size=32",
            "data.train-limit=64",
            "data.test-limit=16",
            "model.growth-rate=4",
            "model.block-layers=[1,1]",
            "model.stem.channels=8",
            "checkpoint.every-steps=2",
            "train.epochs=2",
            "train.batch-size=16",
            "sync.replicas=2")) {
      arguments.addAll(1, List.of("--set", setting));
    }
    PrintStream out = new PrintStream(screen, true, StandardCharsets.UTF_8);
    Session session =
        new Session(
            Job::run,
            new RunConfigLoader(),
            Optional.empty(),
            new Screen(out, false, 100, Style.BARE),
            out,
            out);
    return new Cli(session).run(arguments.toArray(String[]::new));
  }
}
