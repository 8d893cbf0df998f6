package io.densespark.cluster;

import static io.densespark.cluster.SmallRuns.join;
import static io.densespark.cluster.SmallRuns.succeeds;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Drivers that a standalone cluster runs on one of its workers, and starts again. */
final class DriverOnClusterIT {

  private static final String[] SUPERVISED = {"--deploy-mode=cluster", "--supervise"};

  /** Two drivers start after each other. */
  private static final Duration LIMIT = Duration.ofMinutes(6);

  /** Enough that a run is not over before its driver is killed. */
  private static final String[] SETTINGS = {"train.epochs=8", "checkpoint.every-steps=5"};

  @RegisterExtension static final StandaloneCluster CLUSTER = StandaloneCluster.ofTwoWorkers();

  @TempDir Path workspace;

  @Test
  void aDriverThatIsKilledIsStartedAgainAndGoesOnToTheSameBits() throws Exception {
    SmallRuns runs = new SmallRuns(workspace);
    succeeds(Scripts.run(LIMIT, Map.of(), "densespark", runs.local("train", "calm", SETTINGS)));
    Path log = workspace.resolve("killed.log");
    Process submit =
        CLUSTER.startSubmit(
            log,
            ProcessList.ENVIRONMENT,
            join(
                join(SUPERVISED, runs.arguments("train", "killed", SETTINGS)),
                "--config",
                ProcessList.settingsFile(workspace)));
    try {
      runs.awaitEpochs("killed", 1, submit, log);
      List<Long> drivers = CLUSTER.driverPids();
      assertThat(drivers).hasSize(1);
      ProcessList.assertShowsNone("DriverWrapper", "CoarseGrainedExecutorBackend");
      ProcessHandle.of(drivers.get(0)).orElseThrow().destroyForcibly();
      assertThat(submit.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .as(Files.readString(log))
          .isTrue();
    } finally {
      Scripts.kill(submit);
    }

    assertThat(submit.exitValue()).as(Files.readString(log)).isZero();
    assertThat(runs.sha("killed")).isEqualTo(runs.sha("calm"));
    assertThat(runs.directory("killed").resolve("metrics/events.jsonl"))
        .content()
        .contains("\"resumed\"");
  }

  @Test
  void whatAnotherTryDoesNotChangeIsNotTriedForEver() {
    ScriptResult result =
        CLUSTER.submit(
            LIMIT,
            join(
                SUPERVISED,
                new SmallRuns(workspace).arguments("train", "nowhere", "data.path=/nowhere")));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(10);
    assertThat(result.output()).contains("there is nothing at data.path = /nowhere");
  }
}
