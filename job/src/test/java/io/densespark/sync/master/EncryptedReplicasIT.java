package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.cluster.ProcessList;
import io.densespark.cluster.StandaloneCluster;
import io.densespark.train.FlatVectors;
import io.densespark.train.StepMetrics;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.nd4j.linalg.learning.config.Nesterovs;

/** Two executors where Spark's settings demand authentication and encryption. */
final class EncryptedReplicasIT {

  private static final int[] SIZES = {34, 27};
  private static final int LOCAL_BATCH = 10;
  private static final long SEED = 5;

  private static final String SECRET = "spark.authenticate.secret";

  private static final Map<String, String> DEMANDS =
      Map.of(
          "spark.authenticate",
          "true",
          SECRET,
          "shown-nowhere",
          "spark.network.crypto.enabled",
          "true");

  @RegisterExtension
  static final StandaloneCluster CLUSTER =
      new StandaloneCluster(
          2,
          Map.of(
              "JDK_JAVA_OPTIONS",
              DEMANDS.entrySet().stream()
                  .map(one -> "-D" + one.getKey() + "=" + one.getValue())
                  .collect(Collectors.joining(" "))));

  @Test
  void whatTheyExchangeIsEncryptedAndChangesNoBit() throws IOException {
    Map<String, String> settings = new HashMap<>(DEMANDS);
    settings.putAll(
        Map.of(
            "spark.driver.host", "127.0.0.1",
            // Nothing large has to go through the encrypted network.
            "spark.executor.extraClassPath", System.getProperty("densespark.jar"),
            "spark.executor.memory", "1g",
            "spark.executorEnv.OMP_NUM_THREADS", "1",
            "spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s",
            "spark.ui.enabled", "false"));
    SparkConf conf = new SparkConf().setMaster(CLUSTER.url()).setAppName("encrypted");
    settings.forEach(conf::set);
    Nesterovs updater = new Nesterovs(0.05, 0.9);
    ComputationGraph graph = SyncNets.graph(updater, true);
    List<StepMetrics> steps;
    try (JavaSparkContext spark = new JavaSparkContext(conf);
        CompiledTrainingMaster master =
            CompiledTrainingMaster.builder(SIZES.length * LOCAL_BATCH).seed(SEED).build()) {
      new SparkComputationGraph(spark, graph, master)
          .fit(spark.parallelize(SyncNets.shards(SIZES), SIZES.length));
      steps = master.lastSteps();
      ProcessList.assertShows(List.of("CoarseGrainedExecutorBackend"), DEMANDS.get(SECRET));
    }

    assertThat(FlatVectors.toArray(graph.params()))
        .containsExactly(Accumulated.parameters(SIZES, updater, LOCAL_BATCH, 1, SEED));
    // In clear: all values once, two headers of 36 bytes and 16 bytes beside the partial sum. Each
    // of the two frames is one record more: 4 bytes of length and 16 of tag.
    assertThat(steps.get(steps.size() - 1).bytesSent())
        .isEqualTo(graph.numParams() * (long) Float.BYTES + 2 * 36 + 16 + 2 * 20);
  }
}
