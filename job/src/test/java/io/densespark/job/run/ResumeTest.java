package io.densespark.job.run;

import static io.densespark.job.SmallJobs.assertEnds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.job.ExitCode;
import io.densespark.job.SharedSpark;
import io.densespark.job.SmallJobs;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that are trained again under the same id. */
@ExtendWith(SharedSpark.class)
class ResumeTest {

  private static SmallJobs runs;

  @BeforeAll
  static void trainOnce(@TempDir Path workspace) throws Exception {
    runs = new SmallJobs(workspace);
    assertThat(runs.train("first")).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void refusesTheIdOfARunWithOtherSettings() throws Exception {
    assertEnds(ExitCode.USAGE, () -> runs.train("first", "train.seed=43"))
        .hasMessageContaining("train.seed")
        .hasMessageContaining("--fresh");
    assertThat(runs.status("first").get("state").asText()).isEqualTo("succeeded");
  }

  @Test
  void refusesARunWhoseSettingsAreLost() throws Exception {
    catchThrowable(
        () -> new TrainJob(runs.config("nameless"), SmallJobs.displayThatFailsAfterEpoch(1)).run());
    Files.delete(runs.file("nameless", "config.json"));

    assertEnds(ExitCode.USAGE, () -> runs.train("nameless"))
        .hasMessageContaining("config.json")
        .hasMessageContaining("--fresh");
  }

  @Test
  void refusesACheckpointOfOtherSettings() throws Exception {
    catchThrowable(
        () -> new TrainJob(runs.config("swapped"), SmallJobs.displayThatFailsAfterEpoch(1)).run());
    String settings = Files.readString(runs.file("swapped", "config.json"));
    Files.writeString(
        runs.file("swapped", "config.json"), settings.replaceAll("(seed\"\\s*:\\s*)42", "$143"));

    assertEnds(ExitCode.USAGE, () -> runs.train("swapped", "train.seed=43"))
        .hasMessageContaining("checkpoint")
        .hasMessageContaining("--fresh");
  }

  @Test
  void doesNothingForARunThatIsFinished() throws Exception {
    byte[] before = Files.readAllBytes(runs.file("first", "status.json"));
    runs.shown().clear();

    assertThat(runs.train("first")).isEqualTo(ExitCode.SUCCESS);
    assertThat(runs.allShown()).contains("finished already");
    assertThat(Files.readAllBytes(runs.file("first", "status.json"))).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sync.mode=gradient-sharing",
        "sync.mode=parameter-averaging",
        "sync.wire-format=threshold",
        "train.ema-decay=0.9",
        "train.batch-norm-batches=2"
      })
  void resumesAfterAnEpochWithTheSameBits(String mode) throws Exception {
    String name = mode.replaceAll("[^a-z]", "-");
    runs.train(name, "train.epochs=4", mode);
    Throwable stopped =
        catchThrowable(
            () ->
                new TrainJob(
                        runs.config(name + "-halved", "train.epochs=4", mode),
                        SmallJobs.displayThatFailsAfterEpoch(2))
                    .run());
    assertThat(stopped).hasMessageContaining("plug");
    assertThat(runs.status(name + "-halved").get("state").asText()).isEqualTo("failed");

    runs.shown().clear();
    runs.train(name + "-halved", "train.epochs=4", mode);

    assertThat(runs.allShown()).contains("resuming after epoch 2");
    assertThat(runs.sha(name + "-halved")).isEqualTo(runs.sha(name));
    assertThat(runs.log(name + "-halved", "steps")).hasSize(16);
    assertThat(runs.log(name + "-halved", "epochs")).hasSize(4);
    assertThat(values(name + "-halved", "events", "kind"))
        .containsExactly(
            "started",
            "training",
            "epoch",
            "epoch",
            "failed",
            "resumed",
            "training",
            "epoch",
            "epoch",
            "succeeded");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sync.wire-format=bf16",
        "sync.wire-format=threshold",
        "sync.mode=parameter-averaging sync.averaging-frequency=2 train.ema-decay=0.9"
      })
  void resumesWithinAnEpochWithTheSameBitsAndMetrics(String mode) throws Exception {
    String name = "within-" + mode.replaceAll("[^a-z]", "-");
    String[] settings = (mode + " checkpoint.every-steps=1 checkpoint.keep-last=100").split(" ");
    runs.train(name, settings);
    catchThrowable(
        () ->
            new TrainJob(
                    runs.config(name + "-cut", settings), SmallJobs.displayThatFailsAfterEpoch(2))
                .run());
    int step = forgetWhatFollowsTheLastCheckpointWithinAnEpoch(name + "-cut");

    runs.shown().clear();
    runs.train(name + "-cut", settings);

    assertThat(runs.allShown()).contains(Text.format("step %d, ", step));
    assertThat(runs.sha(name + "-cut")).isEqualTo(runs.sha(name));
    assertThat(values(name + "-cut", "steps", "step"))
        .containsExactly("1", "2", "3", "4", "5", "6", "7", "8");
    for (String column : List.of("loss", "learningRate")) {
      assertThat(values(name + "-cut", "steps", column)).isEqualTo(values(name, "steps", column));
    }
    for (String column : List.of("trainLoss", "testLoss", "steps")) {
      assertThat(values(name + "-cut", "epochs", column)).isEqualTo(values(name, "epochs", column));
    }
    assertThat(values(name + "-cut", "checkpoints", "pauseMillis")).isNotEmpty();
  }

  /** As if the process had been killed just after that checkpoint; returns its step. */
  private int forgetWhatFollowsTheLastCheckpointWithinAnEpoch(String run) throws IOException {
    List<Path> newestFirst = new ArrayList<>(List.of(list(runs.file(run, "checkpoints"))));
    newestFirst.sort(Comparator.comparing(Path::getFileName).reversed());
    for (Path checkpoint : newestFirst) {
      JsonNode manifest = SmallJobs.json(checkpoint.resolve("manifest.json")).get("checkpoint");
      if (manifest.get("stepInEpoch").asInt() > 0) {
        return manifest.get("step").asInt();
      }
      Files.delete(checkpoint.resolve("manifest.json"));
    }
    throw new AssertionError("no checkpoint within an epoch in " + newestFirst);
  }

  private static Path[] list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toArray(Path[]::new);
    }
  }

  /** A column of a log of the run. */
  private List<String> values(String run, String log, String column) throws IOException {
    return runs.log(run, log).stream().map(record -> record.get(column).asText()).toList();
  }
}
