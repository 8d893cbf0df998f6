package io.densespark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kills the whole of a run, driver and replicas, at random moments over and over; {@code -Dkills=N}
 * says how often.
 */
final class KilledRunIT {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int KILLS = Integer.getInteger("kills", 3);
  private static final int STEPS_AN_EPOCH = 32;

  /** Long enough that the run does not end before it is killed for the last time. */
  private static final int EPOCHS = 4 + 2 * KILLS;

  private static final int LONGEST_LIFE_MILLIS = 500;

  @TempDir Path workspace;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sync.mode=gradient-sharing",
        "sync.mode=parameter-averaging sync.averaging-frequency=3"
      })
  void aRunThatIsKilledAgainAndAgainEndsWithTheBitsOfAnUndisturbedOne(String mode)
      throws Exception {
    ScriptResult calm = Scripts.run(LIMIT, Map.of(), "densespark", arguments("calm", mode));
    assertThat(calm.exitCode()).as(calm.output()).isZero();

    Random random = new Random(mode.hashCode());
    List<String> resumed = new ArrayList<>();
    for (int kill = 1; kill <= KILLS; kill++) {
      resumed.add(trainUntilKilled(kill, mode, random.nextInt(LONGEST_LIFE_MILLIS)));
      assertThat(status("killed").get("state").asText()).isEqualTo("running");
    }
    ScriptResult last = Scripts.run(LIMIT, Map.of(), "densespark", arguments("killed", mode));
    assertThat(last.exitCode()).as(last.output()).isZero();
    resumed.add(resumption(last.output()));

    System.out.println(mode + ", killed and resumed: " + resumed);
    assertThat(sha("killed")).isEqualTo(sha("calm"));
    assertThat(column("steps", "step")).isEqualTo(column("steps", "step", "calm"));
    assertThat(column("steps", "step")).hasSize(EPOCHS * STEPS_AN_EPOCH);
    assertThat(column("steps", "loss")).isEqualTo(column("steps", "loss", "calm"));
    assertThat(column("epochs", "trainLoss")).isEqualTo(column("epochs", "trainLoss", "calm"));
  }

  /** Returns where the process had gone on from. */
  private String trainUntilKilled(int kill, String mode, int lifeMillis) throws Exception {
    Path log = workspace.resolve("killed-" + kill + ".log");
    Set<Path> before = checkpoints();
    Process training = Scripts.start(log, Map.of(), "densespark", arguments("killed", mode));
    try {
      await(() -> !before.containsAll(checkpoints()), training, log);
      // The process may end by itself only if it has trained all epochs.
      assertThat(training.waitFor(lifeMillis, TimeUnit.MILLISECONDS))
          .as(Files.readString(log))
          .isFalse();
    } finally {
      Scripts.kill(training);
    }
    assertThat(training.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return resumption(Files.readString(log));
  }

  private static String resumption(String output) {
    return output
        .lines()
        .filter(line -> line.startsWith("resuming after"))
        .map(line -> line.substring("resuming after ".length()))
        .findFirst()
        .orElse("start");
  }

  /** Something that becomes true. */
  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition, Process training, Path log)
      throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(LIMIT);
    while (!condition.holds()) {
      assertThat(training.isAlive()).as(Files.readString(log)).isTrue();
      assertThat(Instant.now()).isBefore(limit);
      Thread.sleep(20);
    }
  }

  private Set<Path> checkpoints() throws IOException {
    Path directory = workspace.resolve("runs/killed/checkpoints");
    if (!Files.exists(directory)) {
      return Set.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(one -> Files.exists(one.resolve("manifest.json")))
          .collect(Collectors.toSet());
    }
  }

  private String[] arguments(String runId, String mode) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--output",
                workspace.toString(),
                "--run-id",
                runId,
                "--master",
                "local[2]"));
    for (String setting :
        List.of(
            "data.path=" + Path.of("src/test/resources/fashion-mnist-sample").toAbsolutePath(),
            "data.verify-checksums=false",
            "data.image-size=32",
            "data.train-limit=512",
            "data.test-limit=64",
            "model.growth-rate=8",
            "model.block-layers=[2,2]",
            "model.stem.channels=16",
            "train.epochs=" + EPOCHS,
            "train.batch-size=16",
            "train.optimizer.learning-rate=0.02",
            "sync.replicas=2",
            "checkpoint.every-epochs=4",
            "checkpoint.every-steps=5")) {
      arguments.addAll(List.of("--set", setting));
    }
    for (String setting : mode.split(" ")) {
      arguments.addAll(List.of("--set", setting));
    }
    return arguments.toArray(String[]::new);
  }

  private List<String> column(String log, String name) throws IOException {
    return column(log, name, "killed");
  }

  private List<String> column(String log, String name, String run) throws IOException {
    List<String> values = new ArrayList<>();
    for (String line :
        Files.readAllLines(workspace.resolve("runs/%s/metrics/%s.jsonl".formatted(run, log)))) {
      values.add(JSON.readTree(line).get(name).asText());
    }
    return values;
  }

  private JsonNode status(String run) throws IOException {
    return JSON.readTree(Files.readAllBytes(workspace.resolve("runs/" + run + "/status.json")));
  }

  private String sha(String run) throws IOException {
    JsonNode status = status(run);
    assertThat(status.get("state").asText()).isEqualTo("succeeded");
    return status.get("parametersSha256").asText();
  }
}
