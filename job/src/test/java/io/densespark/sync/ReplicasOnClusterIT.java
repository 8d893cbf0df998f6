package io.densespark.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.cluster.StandaloneCluster;
import io.densespark.train.FlatVectors;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.solvers.accumulation.encoding.threshold.FixedThresholdAlgorithm;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.parameterserver.training.SharedTrainingMaster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/** The training master in a DL4J program whose two executors are processes of their own. */
final class ReplicasOnClusterIT {

  private static final int[] SIZES = {34, 27};
  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 6;
  private static final int MANY_EPOCHS = 30;
  private static final long SEED = 5;

  private static final int BATCH = 4;
  private static final int OUTPUTS = 64;
  private static final int TUG_BATCHES = 100;
  private static final int TUG_EPOCHS = 4;
  private static final INDArrayIndex FIRST_HALF = NDArrayIndex.interval(0, OUTPUTS / 2);
  private static final INDArrayIndex SECOND_HALF = NDArrayIndex.interval(OUTPUTS / 2, OUTPUTS);

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

  @Test
  void dl4jsGradientSharingReachesTheDriverAndTheOtherExecutor() {
    // One executor pulls half of the outputs up to 1 and the other half down to 0, the other one
    // the other way round. Where both learn of each other, all settle between; where not, each is
    // right about its own labels.
    List<DataSet> batches = new ArrayList<>();
    for (int i = 0; i < 2 * TUG_BATCHES; i++) {
      INDArray labels = Nd4j.zeros(BATCH, OUTPUTS);
      labels.get(NDArrayIndex.all(), i < TUG_BATCHES ? FIRST_HALF : SECOND_HALF).assign(1);
      batches.add(new DataSet(Nd4j.zeros(BATCH, OUTPUTS), labels));
    }
    JavaRDD<DataSet> data = spark.parallelize(batches, 2);
    ComputationGraph graph = linear();
    SparkComputationGraph network =
        new SparkComputationGraph(
            spark, graph, observable(Dl4jMasters.gradientSharingBuilder(spark, BATCH, 2)).build());

    for (int epoch = 0; epoch < TUG_EPOCHS; epoch++) {
      network.fit(Dl4jMasters.startedTogether(spark, data, Duration.ofSeconds(30)));
    }

    INDArray bias = network.getNetwork().getParam("out_b").reshape(OUTPUTS);
    double first = bias.get(FIRST_HALF).meanNumber().doubleValue();
    double second = bias.get(SECOND_HALF).meanNumber().doubleValue();
    double replicas = network.getNetwork().score();
    System.out.printf("halves %.2f and %.2f, loss of the replicas %.2f%n", first, second, replicas);
    // The driver would know of one half only, or of two that are pulled by nobody else: 0 or 1.
    assertThat(first).isBetween(0.1, 0.9);
    assertThat(second).isBetween(0.1, 0.9);
    // And replicas that hear of nobody would be right about their own labels: 0.
    assertThat(replicas).isGreaterThan(0.1);
  }

  /**
   * Messages take some milliseconds: epochs must not be over before. And the threshold is fixed, as
   * DL4J's adaptive one looks for a sparsity that so small a net cannot have.
   */
  @SuppressWarnings("deprecation") // meant for debugging
  private static SharedTrainingMaster.Builder observable(SharedTrainingMaster.Builder master) {
    return master.thresholdAlgorithm(new FixedThresholdAlgorithm(0.01)).debugLongerIterations(30);
  }

  private static ComputationGraph linear() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .updater(new Sgd(1))
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunctions.LossFunction.MSE)
                        .nIn(OUTPUTS)
                        .nOut(OUTPUTS)
                        .activation(Activation.IDENTITY)
                        .build(),
                    "in")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
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
