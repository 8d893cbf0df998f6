package io.densespark.cluster;

import static io.densespark.cluster.SmallRuns.LIMIT;
import static io.densespark.cluster.SmallRuns.succeeds;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Training on a standalone cluster whose two executors are processes of their own. */
final class TrainOnClusterIT {

  /** Many, so that a run is not over before it is injured. */
  private static final String EPOCHS = "train.epochs=16";

  @RegisterExtension static final StandaloneCluster CLUSTER = StandaloneCluster.ofTwoWorkers();

  @TempDir static Path workspace;

  private static SmallRuns runs;
  private static String calm;

  @BeforeAll
  static void trainInOneProcess() throws Exception {
    runs = new SmallRuns(workspace);
    succeeds(Scripts.run(LIMIT, Map.of(), "densespark", runs.local("train", "calm", EPOCHS)));
    calm = runs.sha("calm");
  }

  @Test
  void aDriverThatIsKilledLeavesNothingInTheWayOfTheNextOneWhichGoesOnToTheSameBits()
      throws Exception {
    String[] arguments =
        SmallRuns.join(
            runs.arguments("train", "orphaned", EPOCHS, "checkpoint.every-steps=5"),
            "--config",
            ProcessList.settingsFile(workspace));
    Path log = workspace.resolve("orphaned.log");
    Process training = CLUSTER.startSubmit(log, ProcessList.ENVIRONMENT, arguments);
    try {
      runs.awaitEpochs("orphaned", 2, training, log);
      ProcessList.assertShowsNone("SparkSubmit", "CoarseGrainedExecutorBackend");
      // The driver alone: its executors find out by themselves.
      training.descendants().forEach(ProcessHandle::destroyForcibly);
      training.destroyForcibly();
      assertThat(training.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      Scripts.kill(training);
    }
    assertThat(runs.status("orphaned").get("state").asText()).isEqualTo("running");

    ScriptResult resumed = CLUSTER.submit(LIMIT, arguments);
    succeeds(resumed);
    assertThat(resumed.output()).contains("resuming after");
    assertThat(runs.sha("orphaned")).isEqualTo(calm);
  }

  @Test
  void aRetrainingThatIsToldToStopEndsInAFinalStateAndSaysSo() throws Exception {
    Path told = workspace.resolve("told.json");
    Path log = workspace.resolve("stopped.log");
    Process training =
        Scripts.start(
            log,
            Map.of(),
            "densespark",
            runs.local("retrain", "stopped", "train.epochs=10000", "notify.command=cat > " + told));
    try {
      runs.awaitEpochs("stopped", 1, training, log);
      training.destroy();
      assertThat(training.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      Scripts.kill(training);
    }
    assertThat(training.exitValue()).isEqualTo(143);
    assertThat(runs.status("stopped").get("state").asText()).isEqualTo("failed");
    assertThat(runs.status("stopped").get("exitCode").asInt()).isEqualTo(143);
    assertThat(Files.readString(log)).contains("told to stop").doesNotContain("\tat ");
    assertThat(told).content().contains("\"failed\"").contains("told to stop");
    assertThat(runs.directory("stopped").resolve("retrain.json")).content().contains("failed");
  }
}
