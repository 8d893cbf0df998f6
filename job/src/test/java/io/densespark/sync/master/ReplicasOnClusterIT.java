package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.cluster.StandaloneCluster;
import io.densespark.sync.SyncConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.nd4j.parameterserver.distributed.v2.ModelParameterServer;

/** The training master in a DL4J program whose two executors are processes of their own. */
final class ReplicasOnClusterIT {

  private static final int[] SIZES = {34, 27};
  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 6;
  private static final int MANY_EPOCHS = 30;
  private static final long SEED = 5;

  private static final int SHARED_BATCHES = 20;

  @RegisterExtension static final StandaloneCluster CLUSTER = StandaloneCluster.ofTwoWorkers();

  @TempDir static Path workspace;

  private static JavaSparkContext spark;

  @BeforeAll
  static void connect() throws IOException {
    spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster(CLUSTER.url())
                .setAppName("replicas")
                .set("spark.jars", System.getProperty("densespark.jar") + "," + testClasses())
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.executor.memory", "1g")
                .set("spark.executorEnv.OMP_NUM_THREADS", "1")
                .set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
                .set("spark.ui.enabled", "false"));
  }

  @AfterAll
  static void disconnect() throws InterruptedException {
    spark.stop();
    // DL4J's transport would look for the executors, once a second, for the rest of this JVM.
    assertThat(ModelParameterServer.getInstance().isInitialized()).isFalse();
    Instant limit = Instant.now().plus(HeardOfTheOther.LIMIT);
    while (Thread.getAllStackTraces().values().stream()
        .anyMatch(stack -> Arrays.toString(stack).contains("HeartbeatThread"))) {
      assertThat(Instant.now()).as("DL4J's heartbeats end").isBefore(limit);
      Thread.sleep(20);
    }
  }

  /** What executors run of this package's tests. */
  private static Path testClasses() throws IOException {
    Path jar = workspace.resolve("tests.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      Path classes = Path.of("target/test-classes");
      Path here = classes.resolve(ReplicasOnClusterIT.class.getPackageName().replace('.', '/'));
      try (Stream<Path> files = Files.list(here)) {
        for (Path file :
            files.filter(one -> one.getFileName().toString().startsWith("HeardOf")).toList()) {
          out.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
          Files.copy(file, out);
        }
      }
    }
    return jar;
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
  void sixRanksOnTwoExecutorsEqualOneProcess() {
    IUpdater updater = new Nesterovs(0.05, 0.9);
    int[] sizes = {34, 27, 33, 25, 31, 30};

    assertThat(train(sizes, updater, EPOCHS))
        .containsExactly(Accumulated.parameters(sizes, updater, LOCAL_BATCH, EPOCHS, SEED));
  }

  @Test
  void twoExecutorsThatHalveAndDoubleEqualOneProcess() {
    IUpdater updater = new Nesterovs(0.05, 0.9);
    int[] sizes = {34, 27, 33, 25};
    SyncConfig sync =
        new SyncConfig(
            SyncConfig.Mode.GRADIENT_SHARING,
            OptionalInt.empty(),
            1,
            0,
            true,
            Duration.ofSeconds(30),
            SyncConfig.WireFormat.FP32,
            1,
            Optional.empty(),
            SyncConfig.ExchangeRule.HALVING_AND_DOUBLING);

    TrainingMasterBuilder settings =
        CompiledTrainingMaster.builder(sizes.length * LOCAL_BATCH).seed(SEED).sync(sync);
    assertThat(SyncNets.trained(spark, settings, SyncNets.graph(updater, true), sizes, EPOCHS))
        .containsExactly(Accumulated.parameters(sizes, updater, LOCAL_BATCH, EPOCHS, SEED));
  }

  @Test
  void strangersAtThePortsOfTheReplicasDoNotDisturbThem() throws IOException {
    IUpdater updater = new Nesterovs(0.05, 0.9);
    float[] alone = Accumulated.parameters(SIZES, updater, LOCAL_BATCH, MANY_EPOCHS, SEED);
    train(updater, 1);

    Instant limit = Instant.now().plus(HeardOfTheOther.LIMIT);
    try (Strangers strangers = Strangers.visit("127.0.0.2", "127.0.0.3")) {
      // Replicas listen for moments only, so not every one of them is met.
      do {
        assertThat(Instant.now()).as("strangers meet nobody").isBefore(limit);
        assertThat(train(updater, MANY_EPOCHS)).containsExactly(alone);
      } while (strangers.visited() == 0);
    }
  }

  @Test
  void dl4jsGradientSharingReachesTheDriverAndTheOtherExecutor() throws InterruptedException {
    List<DataSet> batches = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      for (int i = 0; i < SHARED_BATCHES; i++) {
        batches.add(HeardOfTheOther.training(rank));
      }
      batches.add(HeardOfTheOther.probe(rank));
    }
    SharedTrainingMaster master =
        Dl4jMasters.gradientSharingBuilder(spark, HeardOfTheOther.BATCH, 2)
            // DL4J's adaptive one looks for a sparsity that so small a net cannot have.
            .thresholdAlgorithm(new FixedThresholdAlgorithm(0.01))
            .build();
    SparkComputationGraph network = new SparkComputationGraph(spark, linear(), master);
    JavaRDD<DataSet> data = spark.parallelize(batches, 2);

    LongAccumulator heard = spark.sc().longAccumulator();
    network.fit(
        Dl4jMasters.startedTogether(spark, data, HeardOfTheOther.LIMIT)
            .mapPartitionsWithIndex(new HeardOfTheOther(SHARED_BATCHES / 2, heard), true));

    assertThat(heard.value()).isEqualTo(2);
    // The replicas have applied what they heard of each other: their probes' loss is 0 otherwise.
    assertThat(network.getNetwork().score()).isPositive();
    // The driver applies what it has been sent of both; the last of it may still be on its way.
    INDArray bias = network.getNetwork().getParam("out_b").reshape(HeardOfTheOther.OUTPUTS);
    Instant limit = Instant.now().plus(HeardOfTheOther.LIMIT);
    for (int rank = 0; rank < 2; rank++) {
      while (bias.get(HeardOfTheOther.half(rank)).minNumber().doubleValue() <= 0) {
        assertThat(Instant.now()).as("updates of replica %d", rank).isBefore(limit);
        Thread.sleep(20);
        master.getUpdatesConsumer().flush();
      }
    }
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
                        .nIn(HeardOfTheOther.OUTPUTS)
                        .nOut(HeardOfTheOther.OUTPUTS)
                        .activation(Activation.IDENTITY)
                        .build(),
                    "in")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  private static float[] train(IUpdater updater, int epochs) {
    return train(SIZES, updater, epochs);
  }

  private static float[] train(int[] sizes, IUpdater updater, int epochs) {
    TrainingMasterBuilder settings =
        CompiledTrainingMaster.builder(sizes.length * LOCAL_BATCH).seed(SEED);
    return SyncNets.trained(spark, settings, SyncNets.graph(updater, true), sizes, epochs);
  }
}
