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

/**
 * Runs of a small net on the sample images, on two replicas.
 *
 * @param workspace where they leave their results
 */
record SmallRuns(Path workspace) {

  static final Path SAMPLE = Path.of("src/test/resources/fashion-mnist-sample").toAbsolutePath();
  static final Duration LIMIT = Duration.ofMinutes(3);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> SETTINGS =
      List.of(
          "data.path=" + SAMPLE,
          "data.verify-checksums=false",
          "data.image-size=32",
          "data.train-limit=512",
          "data.test-limit=64",
          "model.growth-rate=8",
          "model.block-layers=[2,2]",
          "model.stem.channels=16",
          "train.batch-size=16",
          "train.optimizer.learning-rate=0.02",
          "sync.replicas=2");

  /** Something that becomes true. */
  interface Condition {
    boolean holds() throws IOException;
  }

  /** Arguments of a verb; later settings go before earlier ones. */
  String[] arguments(String verb, String runId, String... settings) {
    List<String> arguments =
        new ArrayList<>(List.of(verb, "--output", workspace.toString(), "--run-id", runId));
    SETTINGS.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    List.of(settings).forEach(setting -> arguments.addAll(List.of("--set", setting)));
    return arguments.toArray(String[]::new);
  }

  /** The same on two threads of one process. */
  String[] local(String verb, String runId, String... settings) {
    return join(arguments(verb, runId, settings), "--master", "local[2]");
  }

  static String[] join(String[] arguments, String... more) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  static void succeeds(ScriptResult result) {
    assertThat(result.exitCode()).as(result.output()).isZero();
  }

  Path directory(String runId) {
    return workspace.resolve("runs").resolve(runId);
  }

  JsonNode status(String runId) throws IOException {
    return JSON.readTree(directory(runId).resolve("status.json").toFile());
  }

  /** Checksum of the parameters of a run that has succeeded. */
  String sha(String runId) throws IOException {
    JsonNode status = status(runId);
    assertThat(status.get("state").asText()).isEqualTo("succeeded");
    return status.get("parametersSha256").asText();
  }

  /** One column of a log of a run. */
  List<String> column(String runId, String log, String name) throws IOException {
    List<String> values = new ArrayList<>();
    for (String line : lines(runId, log)) {
      values.add(JSON.readTree(line).get(name).asText());
    }
    return values;
  }

  /** Waits until a run has finished so many epochs. */
  void awaitEpochs(String runId, int epochs, Process training, Path log)
      throws IOException, InterruptedException {
    await(() -> lines(runId, "epochs").size() >= epochs, training, log);
  }

  /** Waits for a condition while a process runs. */
  static void await(Condition condition, Process training, Path log)
      throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(LIMIT);
    while (!condition.holds()) {
      assertThat(training.isAlive()).as(Files.readString(log)).isTrue();
      assertThat(Instant.now()).isBefore(limit);
      Thread.sleep(20);
    }
  }

  private List<String> lines(String runId, String log) throws IOException {
    Path file = directory(runId).resolve("metrics/" + log + ".jsonl");
    String text = Files.exists(file) ? Files.readString(file) : "";
    // The line that is being written is not whole yet.
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }
}
