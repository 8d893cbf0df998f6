package io.densespark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.config.RunConfigLoader;
import io.densespark.job.Job;
import io.densespark.storage.CountingFileSystem;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Verbs close the connections to storage that they open: each of S3's holds threads and sockets.
 */
class ConnectionsTest {

  private static final Path IMAGES = Path.of("src/test/resources/fashion-mnist-sample");

  @TempDir Path workspace;

  @Test
  void everyVerbClosesWhatItOpens() {
    String model = uri("runs/a/model.zip");
    int before = CountingFileSystem.opened();
    verb(0, "train", "--run-id", "a");
    assertThat(CountingFileSystem.opened() - before)
        .as("for a look at the images, for reading each part of them, and for the output")
        .isEqualTo(4);
    verb(0, "train", "--run-id", "b", "--set", "train.warm-start=" + model);
    verb(10, "train", "--run-id", "c", "--set", "data.path=" + uri("nowhere"));
    verb(0, "evaluate", "--model", model);
    verb(10, "evaluate", "--model", uri("none.zip"));
    verb(2, "evaluate", "--model", uri("runs/a/status.json"));
    verb(
        0,
        "predict",
        "--run-id",
        "a",
        "--images",
        images() + "/t10k-images-idx3-ubyte.gz",
        "--to",
        uri("p"));
    verb(10, "predict", "--model", model, "--images", uri("none"), "--to", uri("q"));
    verb(0, "runs");
    verb(0, "runs", "compare", "a", "b");
    verb(0, "report", "a");
    verb(0, "export", "a", "--to", uri("exported/m.zip"));
    verb(0, "register", "--model", model);
    verb(2, "rollback", "--to", "7");
    verb(0, "models");
    verb(30, "retrain", "--as-of", "2026-01-31");
    verb(0, "doctor");
    verb(11, "train", "--set", "run.output=" + model);
  }

  private void verb(int expected, String... arguments) {
    int before = CountingFileSystem.opened();
    // The first of two assignments is the weaker one; a verb may have two words.
    int words = arguments.length > 1 && arguments[1].equals("compare") ? 2 : 1;
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    List.of(
            "run.output=" + CountingFileSystem.uri(workspace),
            "data.path=" + images(),
            "data.verify-checksums=false",
            "data.image-size=32",
            "data.train-limit=64",
            "data.test-limit=64",
            "model.growth-rate=8",
            "model.block-layers=[2]",
            "model.stem.channels=16",
            "train.epochs=1",
            "train.batch-size=32",
            "run.master=local[2]",
            "spark.conf.\"spark.hadoop."
                + CountingFileSystem.SETTING
                + "\"="
                + CountingFileSystem.class.getName())
        .forEach(setting -> all.addAll(words, List.of("--set", setting)));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
    Screen screen = new Screen(out, false, 100, new Style(false, false));
    Session session =
        new Session(Job::run, new RunConfigLoader(), Optional.empty(), screen, out, out);

    int code = new Cli(session).run(all.toArray(String[]::new));

    assertThat(code)
        .as("%s: %s", all.get(0), text.toString(StandardCharsets.UTF_8))
        .isEqualTo(expected);
    assertThat(CountingFileSystem.opened())
        .as("connections of %s", all.get(0))
        .isGreaterThan(before);
    assertThat(CountingFileSystem.open())
        .as(() -> "left open by " + all.get(0) + leaks())
        .isEmpty();
  }

  private static String leaks() {
    StringWriter text = new StringWriter();
    CountingFileSystem.open().forEach(place -> place.printStackTrace(new PrintWriter(text)));
    return text.toString();
  }

  private static String images() {
    return CountingFileSystem.uri(IMAGES.toAbsolutePath().normalize());
  }

  private String uri(String path) {
    return CountingFileSystem.uri(workspace.resolve(path));
  }
}
