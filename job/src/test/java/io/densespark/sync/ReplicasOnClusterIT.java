package io.densespark.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.cluster.StandaloneCluster;
import io.densespark.train.FlatVectors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;

/** The training master in a DL4J program whose two executors are processes of their own. */
final class ReplicasOnClusterIT {

  private static final int[] SIZES = {34, 27};
  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 6;
  private static final int MANY_EPOCHS = 30;
  private static final long SEED = 5;

  @RegisterExtension static final StandaloneCluster CLUSTER = StandaloneCluster.ofTwoWorkers();

  private static JavaSparkContext spark;

  @BeforeAll
  static void connect() {
    spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster(CLUSTER.url())
                .setAppName("replicas")
                .set("spark.jars", System.getProperty("densespark.jar"))
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.executor.memory", "1g")
                .set("spark.executorEnv.OMP_NUM_THREADS", "1")
                .set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
                .set("spark.ui.enabled", "false"));
  }

  @AfterAll
  static void disconnect() {
    spark.stop();
  }

  static Stream<IUpdater> updaters() {
    return Stream.of(new Nesterovs(0.05, 0.9), new Adam(0.01));
  }

  @ParameterizedTest
  @MethodSource("updaters")
  void twoExecutorsEqualOneProcessThatAccumulatesTheirBatchesInRankOrder(IUpdater updater) {
    float[] alone = Accumulated.parameters(SIZES, updater, LOCAL_BATCH, EPOCHS, SEED);

    assertThat(train(updater, EPOCHS)).containsExactly(alone);
    assertThat(train(updater, EPOCHS)).containsExactly(alone);
  }

  @Test
  void strangersAtThePortsOfTheReplicasDoNotDisturbThem() throws IOException {
    IUpdater updater = new Nesterovs(0.05, 0.9);
    float[] alone = Accumulated.parameters(SIZES, updater, LOCAL_BATCH, MANY_EPOCHS, SEED);
    train(updater, 1);

    try (Strangers strangers = Strangers.visit("127.0.0.2", "127.0.0.3")) {
      assertThat(train(updater, MANY_EPOCHS)).containsExactly(alone);

      // Replicas listen for moments only, so not every one of them is met.
      int ports = strangers.leave();
      System.out.println("strangers came to " + ports + " ports");
      assertThat(ports).isPositive();
    }
  }

  private static float[] train(IUpdater updater, int epochs) {
    ComputationGraph graph = SyncNets.graph(updater, true);
    CompiledTrainingMaster master =
        CompiledTrainingMaster.builder(SIZES.length * LOCAL_BATCH).seed(SEED).build();
    JavaRDD<DataSet> data = spark.parallelize(SyncNets.shards(SIZES), SIZES.length);
    SparkComputationGraph network = new SparkComputationGraph(spark, graph, master);
    List<Long> millis = new ArrayList<>();
    for (int epoch = 0; epoch < epochs; epoch++) {
      long began = System.nanoTime();
      network.fit(data);
      millis.add((System.nanoTime() - began) / 1_000_000);
    }
    System.out.println("an epoch of 4 steps, ms: " + millis);
    return FlatVectors.toArray(graph.params());
  }
}
