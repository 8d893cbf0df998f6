package io.densespark.cluster;

import static io.densespark.cluster.SmallRuns.LIMIT;
import static io.densespark.cluster.SmallRuns.SAMPLE;
import static io.densespark.cluster.SmallRuns.succeeds;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What runs on two executors beside training by our own masters, and what is refused there. */
final class VerbsOnClusterIT {

  private static final ObjectMapper JSON = new ObjectMapper();

  @RegisterExtension static final StandaloneCluster CLUSTER = StandaloneCluster.ofTwoWorkers();

  @TempDir static Path workspace;

  @Test
  void dl4jsParameterAveragingLearnsAndItsModelPredictsAsInOneProcess() throws IOException {
    String mode = "dl4j-parameter-averaging";
    succeeds(CLUSTER.submit(LIMIT, train(mode, "sync.mode=" + mode, "sync.averaging-frequency=1")));
    JsonNode status = JSON.readTree(workspace.resolve("runs/" + mode + "/status.json").toFile());
    // Ten classes told apart by chance: ln 10.
    assertThat(status.get("testLoss").asDouble()).isLessThan(Math.log(10));

    succeeds(CLUSTER.submit(LIMIT, predict("by-executors")));
    succeeds(
        Scripts.run(
            LIMIT,
            Map.of(),
            "densespark",
            SmallRuns.join(predict("by-threads"), "--master", "local[2]")));
    assertThat(summary("by-executors").get("images").asInt()).isEqualTo(256);
    assertThat(summary("by-executors").get("classes"))
        .isEqualTo(summary("by-threads").get("classes"));
  }

  @Test
  void executorsThatFitNoWorkerAreNotWaitedForWithoutAnEnd() {
    ScriptResult result =
        CLUSTER.submit(
            LIMIT,
            train(
                "nobody",
                "spark.conf.\"spark.executor.memory\"=900g",
                "spark.conf.\"spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures\"=5"));

    assertThat(result.exitCode()).as(result.output()).isEqualTo(11);
    assertThat(result.output())
        .contains("gave no executor in 5 s")
        .contains("spark.executor.memory=900g")
        .doesNotContain("\tat ");
  }

  @Test
  void dl4jsGradientSharingTrains() throws IOException {
    String mode = "dl4j-gradient-sharing";
    succeeds(CLUSTER.submit(LIMIT, train(mode, "sync.mode=" + mode)));

    // What replicas hear of each other, and when, is not for this test: ReplicasOnClusterIT.
    assertThat(new SmallRuns(workspace).column(mode, "epochs", "trainLoss"))
        .hasSize(2)
        .allSatisfy(loss -> assertThat(Double.parseDouble(loss)).isFinite());
  }

  @Test
  void executorsWithAnotherLibraryOrWithoutOneAreRefused() throws IOException {
    Path other = Files.createDirectories(workspace.resolve("other"));
    write(other.resolve("META-INF/maven/org.bytedeco/dnnl/pom.properties"), "version=3.8.1");
    ScriptResult another = CLUSTER.submit(LIMIT, train("other", onExecutors(other)));
    assertThat(another.exitCode()).as(another.output()).isEqualTo(11);
    assertThat(another.output()).contains("oneDNN 3.8.1, the driver 2.5.2");

    Path broken = Files.createDirectories(workspace.resolve("broken"));
    for (String name : List.of("libdnnl.so.2", "libjnidnnl.so")) {
      write(broken.resolve("org/bytedeco/dnnl/linux-x86_64/" + name), "no library");
    }
    ScriptResult without =
        CLUSTER.submit(LIMIT, train("without", onExecutors(broken), "engine=onednn"));
    assertThat(without.exitCode()).as(without.output()).isEqualTo(11);
    assertThat(without.output()).contains("engine onednn").contains("set engine = nd4j");
  }

  private static String onExecutors(Path classes) {
    return "spark.conf.\"spark.executor.extraClassPath\"=" + classes;
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static JsonNode summary(String name) throws IOException {
    return JSON.readTree(workspace.resolve(name).resolve("_summary.json").toFile());
  }

  private static String[] predict(String to) {
    return new String[] {
      "predict",
      "--output",
      workspace.toString(),
      "--run-id",
      "dl4j-parameter-averaging",
      "--images",
      SAMPLE.resolve("t10k-images-idx3-ubyte.gz").toString(),
      "--to",
      workspace.resolve(to).toString()
    };
  }

  private static String[] train(String runId, String... more) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "data.train-limit=256",
                "model.block-layers=[1,1]",
                "train.epochs=2",
                "train.optimizer.kind=sgd",
                "train.optimizer.learning-rate=0.05",
                "train.schedule.kind=constant",
                "train.schedule.warmup-epochs=0"));
    settings.addAll(List.of(more));
    return new SmallRuns(workspace).arguments("train", runId, settings.toArray(String[]::new));
  }
}
