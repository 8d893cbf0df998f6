package io.densespark.cluster;

import static io.densespark.cluster.SmallRuns.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A worker that has been told of two GPUs, addresses alone, by the script in {@code conf}. */
final class GpusOnClusterIT {

  private static final Path FAKES = Path.of("src/test/resources/gpus").toAbsolutePath();
  private static final Path SCRIPT = Path.of("../conf/discover-gpus").toAbsolutePath().normalize();

  @RegisterExtension
  static final StandaloneCluster CLUSTER =
      new StandaloneCluster(
          1,
          2,
          Map.of(
              "PATH",
              FAKES + ":" + System.getenv("PATH"),
              "CUDA_VISIBLE_DEVICES",
              "",
              "SPARK_WORKER_OPTS",
              worker(SCRIPT.toString())));

  @TempDir static Path workspace;

  private final SmallRuns runs = new SmallRuns(workspace);

  @Test
  void eachSlotHasAGpuOfItsOwnAndAReplacementGetsTheFreedOne() throws Exception {
    Path log = workspace.resolve("gpus.log");
    Process training = CLUSTER.startSubmit(log, withGpus("1", "gpus", "train.epochs=100000"));
    try {
      runs.awaitEpochs("gpus", 1, training, log);
      List<Long> executors = CLUSTER.executorPids();
      assertThat(executors).hasSize(2);
      ProcessHandle.of(executors.get(0)).orElseThrow().destroyForcibly();
      SmallRuns.await(() -> placements().size() == 2, training, log);

      training.destroy();
      assertThat(training.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      Scripts.kill(training);
    }
    Map<String, String> before = gpuOfExecutor(placements().get(0));
    Map<String, String> after = gpuOfExecutor(placements().get(1));
    assertThat(before.values()).containsExactlyInAnyOrder("3", "7");
    assertThat(after.values()).containsExactlyInAnyOrder("3", "7");
    assertThat(after.keySet()).isNotEqualTo(before.keySet());
    assertThat(after.entrySet()).containsAnyElementsOf(before.entrySet());
    JsonNode noted =
        new ObjectMapper()
            .readTree(runs.directory("gpus").resolve("provenance.json").toFile())
            .get("devices");
    assertThat(noted.findValuesAsText("address")).containsExactlyInAnyOrder("3", "7");
    assertThat(noted.findValuesAsText("slot")).containsExactly("0", "1");
    // Nothing here computes on them.
    assertThat(log).content().contains("the 2 GPUs of the slots stand idle");
  }

  @Test
  void gpusThatNoWorkerHasAreNotWaitedForWithoutEnd() {
    ScriptResult result =
        CLUSTER.submit(
            LIMIT,
            withGpus(
                "3",
                "many",
                "spark.conf.\"spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures\"=10"));

    assertThat(result.exitCode()).isEqualTo(11);
    assertThat(result.output())
        .contains("spark.executor.resource.gpu.amount = 3", "spark.worker.resource.gpu.amount")
        .doesNotContain("\tat ");
  }

  /** What prints no addresses, and what is not there. */
  @Test
  void aWorkerWhoseScriptIsNoneEndsTheStartAndSaysWhy() throws IOException {
    for (String script : List.of("/bin/echo", "/does/not/exist")) {
      StandaloneCluster broken =
          new StandaloneCluster(1, 1, Map.of("SPARK_WORKER_OPTS", worker(script)));

      assertThatThrownBy(broken::start)
          .hasMessageContaining("ended with 11")
          .hasMessageContaining("Failed to setup worker resources")
          .hasMessageContaining(script);
      assertThat(broken.processes()).isEmpty();
    }
  }

  @Test
  void aScriptThatIsNotExecutableIsNamedBeforeAnythingStarts() throws IOException {
    Path script = Files.writeString(workspace.resolve("not-executable"), "#!/bin/sh\n");
    StandaloneCluster broken =
        new StandaloneCluster(1, 1, Map.of("SPARK_WORKER_OPTS", worker(script.toString())));

    assertThatThrownBy(broken::start)
        .hasMessageContaining("ended with 11")
        .hasMessageContaining(script + " is not executable: chmod +x");
    assertThat(broken.processes()).isEmpty();
  }

  private static String worker(String script) {
    return "-Dspark.worker.resource.gpu.amount=2 -Dspark.worker.resource.gpu.discoveryScript="
        + script;
  }

  /** Arguments of a training whose executors have a core for each GPU. */
  private String[] withGpus(String gpus, String runId, String... settings) {
    return SmallRuns.join(
        runs.arguments("train", runId, settings),
        "--set",
        "sync.min-slots=2",
        "--set",
        "spark.conf.\"spark.executor.cores\"=" + gpus,
        "--set",
        "spark.conf.\"spark.executor.resource.gpu.amount\"=" + gpus,
        "--set",
        "spark.conf.\"spark.task.resource.gpu.amount\"=1");
  }

  private static Map<String, String> gpuOfExecutor(String placement) {
    return Pattern.compile("GPU (\\d) of executor (\\d+) on 127\\.0\\.0\\.2")
        .matcher(placement)
        .results()
        .collect(Collectors.toMap(slot -> slot.group(2), slot -> slot.group(1)));
  }

  private List<String> placements() throws IOException {
    return runs.column("gpus", "events", "detail").stream()
        .filter(detail -> detail.startsWith("slot 0"))
        .toList();
  }
}
