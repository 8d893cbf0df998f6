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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Training on a standalone cluster whose two executors are processes of their own. */
final class TrainOnClusterIT {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @RegisterExtension static final StandaloneCluster CLUSTER = StandaloneCluster.ofWorkers(2);

  @TempDir Path workspace;

  @Test
  void twoExecutorsGiveTheBitsOfTwoThreadsEvenWhenOneIsKilled() throws Exception {
    ScriptResult threads =
        Scripts.run(LIMIT, Map.of(), "densespark", arguments("threads", "--master", "local[2]"));
    assertThat(threads.exitCode()).as(threads.output()).isZero();

    ScriptResult executors = CLUSTER.submit(LIMIT, arguments("executors"));
    assertThat(executors.exitCode()).as(executors.output()).isZero();
    assertThat(sha("executors")).isEqualTo(sha("threads"));

    Path log = workspace.resolve("killed.log");
    Process training = CLUSTER.startSubmit(log, arguments("killed"));
    try {
      awaitEpochs("killed", 2, training, log);
      List<Long> pids = CLUSTER.executorPids();
      assertThat(pids).hasSize(2);
      ProcessHandle.of(pids.get(1)).orElseThrow().destroyForcibly();
      assertThat(training.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .as(Files.readString(log))
          .isTrue();
      assertThat(training.exitValue()).as(Files.readString(log)).isZero();
    } finally {
      Scripts.kill(training);
    }
    assertThat(sha("killed")).isEqualTo(sha("threads"));
  }

  @Test
  void anExecutorThatStopsAnsweringIsReplacedAndTheBitsAreTheSame() throws Exception {
    ScriptResult threads =
        Scripts.run(LIMIT, Map.of(), "densespark", arguments("calm", "--master", "local[2]"));
    assertThat(threads.exitCode()).as(threads.output()).isZero();

    Path log = workspace.resolve("frozen.log");
    Process training = CLUSTER.startSubmit(log, arguments("frozen", "--set", "sync.timeout=5s"));
    try {
      awaitEpochs("frozen", 2, training, log);
      List<Long> pids = CLUSTER.executorPids();
      assertThat(pids).hasSize(2);
      new ProcessBuilder("kill", "-STOP", pids.get(0).toString()).start().waitFor();
      Instant frozen = Instant.now();
      assertThat(training.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .as(Files.readString(log))
          .isTrue();
      System.out.printf(
          "end of the run %d s after an executor froze%n",
          Duration.between(frozen, Instant.now()).toSeconds());
      assertThat(training.exitValue()).as(Files.readString(log)).isZero();
    } finally {
      Scripts.kill(training);
    }
    assertThat(sha("frozen")).isEqualTo(sha("calm"));
  }

  @Test
  void aRunThatIsToldToStopEndsInAFinalState() throws Exception {
    Path log = workspace.resolve("stopped.log");
    Process training =
        Scripts.start(
            log,
            Map.of(),
            "densespark",
            arguments("stopped", "--master", "local[2]", "--set", "train.epochs=10000"));
    try {
      awaitEpochs("stopped", 1, training, log);
      training.destroy();
      assertThat(training.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      Scripts.kill(training);
    }
    Path status = workspace.resolve("runs/stopped/status.json");
    assertThat(JSON.readTree(Files.readAllBytes(status)).get("state").asText()).isEqualTo("failed");
  }

  private String[] arguments(String runId, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("train", "--output", workspace.toString(), "--run-id", runId));
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
            "train.epochs=8",
            "train.batch-size=16",
            "train.optimizer.learning-rate=0.02",
            "sync.replicas=2")) {
      arguments.add("--set");
      arguments.add(setting);
    }
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private void awaitEpochs(String runId, int epochs, Process training, Path log)
      throws IOException, InterruptedException {
    Path lines = workspace.resolve("runs").resolve(runId).resolve("metrics/epochs.jsonl");
    Instant limit = Instant.now().plus(LIMIT);
    while (!Files.exists(lines) || Files.readAllLines(lines).size() < epochs) {
      assertThat(training.isAlive()).as(Files.readString(log)).isTrue();
      assertThat(Instant.now()).isBefore(limit);
      Thread.sleep(50);
    }
  }

  private String sha(String runId) throws IOException {
    Path status = workspace.resolve("runs").resolve(runId).resolve("status.json");
    JsonNode read = JSON.readTree(Files.readAllBytes(status));
    assertThat(read.get("state").asText()).isEqualTo("succeeded");
    return read.get("parametersSha256").asText();
  }
}
