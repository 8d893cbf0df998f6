package io.densespark.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StandaloneClusterIT {
  private final StandaloneCluster cluster = new StandaloneCluster(2, Map.of());
  private boolean running;

  @AfterEach
  void stop() throws IOException {
    if (running) {
      cluster.stop();
    }
  }

  @Test
  void startsReportsALostWorkerAndStopsLeavingNoProcess() throws IOException {
    cluster.start();
    running = true;
    assertThat(cluster.url()).matches("spark://127\\.0\\.0\\.1:\\d+");
    assertThat(cluster.processes()).hasSize(3);

    ScriptResult up = cluster.status();
    assertThat(up.exitCode()).isZero();
    assertThat(up.output()).contains(cluster.url()).contains("2 of 2 workers alive");

    List<Long> workers = cluster.workerPids();
    assertThat(workers).hasSize(2);
    ProcessHandle victim = ProcessHandle.of(workers.get(0)).orElseThrow();
    victim.destroyForcibly();
    victim.onExit().join();
    assertThat(cluster.status().exitCode()).isEqualTo(1);

    Map<Long, String> before = cluster.processes();
    cluster.stop();
    running = false;
    // One that has ended but is not yet reaped by its parent has no command line.
    assertThat(before.keySet())
        .allSatisfy(
            pid ->
                assertThat(ProcessHandle.of(pid).flatMap(process -> process.info().commandLine()))
                    .isEmpty());
  }
}
