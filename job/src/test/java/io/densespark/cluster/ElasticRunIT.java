package io.densespark.cluster;

import static io.densespark.cluster.SmallRuns.LIMIT;
import static io.densespark.cluster.SmallRuns.join;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * One run through all that may happen to executors and driver, beside an undisturbed one on two
 * threads. It has no last epoch, so nothing that happens to it comes too late, and what is compared
 * is the loss of every step: it depends on all parameters before it.
 */
final class ElasticRunIT {

  /** Five ranks: none of the slots that there are has as many as another. */
  private static final String[] SETTINGS = {
    "sync.replicas=5",
    "sync.timeout=5s",
    "train.batch-size=20",
    "data.train-limit=500",
    "train.epochs=100000",
    "checkpoint.every-epochs=100000",
    "checkpoint.every=none"
  };

  @RegisterExtension
  static final StandaloneCluster CLUSTER =
      new StandaloneCluster(
          1, Map.of("DENSESPARK_SUBMIT_OPTIONS", "--conf spark.decommission.enabled=true"));

  @TempDir static Path workspace;

  private final SmallRuns runs = new SmallRuns(workspace);
  private final Path log = workspace.resolve("elastic.log");
  private Process training;

  @Test
  void growthAndLossesOfAllKindsChangeNoBit() throws Exception {
    training = CLUSTER.startSubmit(log, runs.arguments("train", "elastic", SETTINGS));
    try {
      awaitFurtherEpochs(1);
      assertThat(runs.column("elastic", "steps", "bytesSent")).containsOnly("0");
      long first = CLUSTER.executorPids().get(0);
      long itsWorker = CLUSTER.workerPids().get(0);

      CLUSTER.grow(2, 3);
      await(() -> !last("bytesSent").equals("0"));
      CLUSTER.grow(3, 1);
      await(() -> CLUSTER.executorPids().size() == 3);
      awaitFurtherEpochs(2);

      List<Long> allButOne =
          CLUSTER.executorPids().stream().filter(executor -> executor != first).toList();
      assertThat(allButOne).hasSize(2);
      allButOne.forEach(executor -> ProcessHandle.of(executor).orElseThrow().destroyForcibly());
      awaitFurtherEpochs(2);

      signal("STOP", first);
      awaitFurtherEpochs(2);
      await(() -> CLUSTER.executorPids().size() >= 2);

      // One of them at least has an executor that trains, as the first has not.
      int saved = checkpoints();
      for (long worker : CLUSTER.workerPids()) {
        if (worker != itsWorker) {
          signal("PWR", worker);
        }
      }
      await(() -> checkpoints() > saved);
      awaitFurtherEpochs(2);

      training.destroy();
      assertThat(training.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(training.exitValue()).as(Files.readString(log)).isEqualTo(143);
    } finally {
      Scripts.kill(training);
    }
    assertThat(log).content().doesNotContain("\tat ");

    trainAlone("elastic", "local[1]", runs.column("elastic", "epochs", "epoch").size() + 2);
    assertThat(log).content().contains("resuming after");
    List<String> losses = runs.column("elastic", "steps", "loss");
    trainAlone("calm", "local[2]", runs.column("elastic", "epochs", "epoch").size());
    assertThat(runs.column("calm", "steps", "loss")).startsWith(losses.toArray(String[]::new));
  }

  /** Trains in one process until so many epochs are done. */
  private void trainAlone(String runId, String master, int epochs) throws Exception {
    String[] arguments = join(runs.arguments("train", runId, SETTINGS), "--master", master);
    training = Scripts.start(log, Map.of(), "densespark", arguments);
    try {
      runs.awaitEpochs(runId, epochs, training, log);
      training.destroy();
      assertThat(training.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      Scripts.kill(training);
    }
  }

  private void awaitFurtherEpochs(int epochs) throws Exception {
    int done = runs.column("elastic", "epochs", "epoch").size();
    runs.awaitEpochs("elastic", done + epochs, training, log);
  }

  private void await(SmallRuns.Condition condition) throws Exception {
    SmallRuns.await(condition, training, log);
  }

  private int checkpoints() throws IOException {
    return runs.column("elastic", "checkpoints", "step").size();
  }

  private String last(String column) throws IOException {
    List<String> values = runs.column("elastic", "steps", column);
    return values.get(values.size() - 1);
  }

  private static void signal(String name, long process) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, String.valueOf(process)).start().waitFor())
        .isZero();
  }
}
