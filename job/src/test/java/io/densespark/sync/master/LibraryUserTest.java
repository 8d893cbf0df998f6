package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.DataException;
import io.densespark.sync.SnapshotPolicy;
import io.densespark.sync.SyncConfig;
import io.densespark.train.DivergedException;
import io.densespark.train.FlatVectors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.kryo.Nd4jRegistrator;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** What a program that uses {@code CompiledTrainingMaster} may do, right or wrong; under Kryo. */
class LibraryUserTest {

  private static final int BATCH = 20;

  /** Far longer than a test may take: nobody is waited for in vain. */
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  /** Which parts of an RDD have been computed, in this process. */
  private static final Set<Integer> COMPUTED = ConcurrentHashMap.newKeySet();

  private static JavaSparkContext spark;

  @BeforeAll
  static void startSpark() {
    spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster("local[2]")
                .setAppName("library user")
                .set("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
                .set("spark.kryo.registrator", Nd4jRegistrator.class.getName())
                .set("spark.ui.enabled", "false")
                .set("spark.driver.host", "127.0.0.1"));
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  static Stream<Arguments> badValues() {
    return Stream.of(
        bad(b -> CompiledTrainingMaster.builder(0), "globalBatch is 0"),
        bad(b -> CompiledTrainingMaster.builder(-5), "globalBatch is -5"),
        bad(b -> b.threads(0), "threads is 0"),
        bad(b -> b.labelSmoothing(Double.NaN), "labelSmoothing is NaN"),
        bad(b -> b.labelSmoothing(1), "0 to below 1"),
        bad(b -> b.sync(null), "sync is null"),
        bad(b -> b.sync(sync(SyncConfig.Mode.DL4J_GRADIENT_SHARING)), "Dl4jMasters"),
        bad(b -> b.engine(null), "engine is null"),
        bad(b -> b.augment(null), "augment is null"),
        bad(b -> b.observer(null), "observer is null"),
        bad(b -> b.snapshots(null, null), "snapshots is null"),
        bad(b -> b.snapshots(new SnapshotPolicy(5, Duration.ZERO), null), "receiver is null"));
  }

  private static Arguments bad(UnaryOperator<TrainingMasterBuilder> setting, String message) {
    return Arguments.of(setting, message);
  }

  @ParameterizedTest
  @MethodSource("badValues")
  void builderRefusesWhatItCannotWorkWith(
      UnaryOperator<TrainingMasterBuilder> setting, String message) {
    assertThatThrownBy(() -> setting.apply(CompiledTrainingMaster.builder(BATCH)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("allowed");
  }

  @Test
  void masksAreRefusedByName() {
    List<DataSet> features = SyncNets.shards(20, 20);
    features.get(1).setFeaturesMaskArray(Nd4j.ones(20, 1));
    List<DataSet> labels = SyncNets.shards(20, 20);
    labels.get(0).setLabelsMaskArray(Nd4j.ones(20, 1));

    assertThatThrownBy(() -> fit(SyncNets.graph(new Sgd(0.1), true), features))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("features mask");
    assertThatThrownBy(() -> fit(SyncNets.graph(new Sgd(0.1), true), labels))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("labels mask");
    assertThatThrownBy(
            () -> {
              SparkComputationGraph network = network(SyncNets.graph(new Sgd(0.1), true));
              network.fitMultiDataSet(rdd(labels).map(DataSet::toMultiDataSet));
            })
        .isInstanceOf(DataException.class)
        .hasMessageContaining("labels mask");
  }

  @Test
  void aPixelThatIsNoNumberIsNamedAsData() {
    List<DataSet> shards = SyncNets.shards(20, 20);
    shards.get(1).getFeatures().putScalar(new int[] {3, 0, 2, 2}, Float.NaN);

    assertThatThrownBy(() -> fit(SyncNets.graph(new Sgd(0.1), true), shards))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("rank 1")
        .hasMessageContaining("a pixel of example 3 is NaN");
  }

  @Test
  void aMasterTakesImagesOfAnotherShapeInTheNextFit() {
    CompiledTrainingMaster master = master();
    ComputationGraph graph = SyncNets.graph(new Sgd(0.1), true);
    SparkComputationGraph network = new SparkComputationGraph(spark, graph, master);
    network.fit(rdd(SyncNets.shards(20, 20)));
    List<DataSet> smaller = new ArrayList<>();
    for (DataSet shard : SyncNets.shards(20, 20)) {
      smaller.add(new DataSet(Nd4j.rand(20, 1, 6, 7), shard.getLabels()));
    }

    network.fit(rdd(smaller));

    assertThat(graph.getIterationCount()).isEqualTo(4);
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void theNextFitDoesNotWaitForThoseLeftOverByAFailedOne() {
    JavaRDD<DataSet> failing =
        rdd(SyncNets.shards(20, 20))
            .mapPartitionsWithIndex(
                (partition, data) -> {
                  if (partition == 1) {
                    throw new IllegalStateException("no data today");
                  }
                  return data;
                },
                true);
    ComputationGraph graph = SyncNets.graph(new Sgd(0.1), true);

    assertThatThrownBy(() -> network(graph).fit(failing)).hasMessageContaining("no data today");
    fit(graph, SyncNets.shards(20, 20));

    assertThat(graph.getIterationCount()).isEqualTo(2);
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.EnumSource(SyncConfig.WireFormat.class)
  void aGradientThatIsNotFiniteIsDivergenceInEveryWireFormat(SyncConfig.WireFormat format) {
    SyncConfig config =
        new SyncConfig(
            SyncConfig.Mode.GRADIENT_SHARING, OptionalInt.empty(), 1, 0, PATIENCE, format);
    CompiledTrainingMaster master = CompiledTrainingMaster.builder(BATCH).sync(config).build();
    SparkComputationGraph network =
        new SparkComputationGraph(spark, SyncNets.graph(new Sgd(1e38), true), master);

    assertThatThrownBy(
            () -> {
              for (int epoch = 0; epoch < 10; epoch++) {
                network.fit(rdd(SyncNets.shards(40, 40)));
              }
            })
        .isInstanceOf(DivergedException.class);
  }

  @Test
  void noThreadOfSparksBarrierTasksKeepsTheProgramAlive() {
    fit(SyncNets.graph(new Sgd(0.1), true), SyncNets.shards(20, 20));

    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(
            thread -> thread.getName().toLowerCase(java.util.Locale.ROOT).contains("barrier"))
        .isNotEmpty()
        .allMatch(Thread::isDaemon);
  }

  /** Ways to the same eighty examples in the same order. */
  static Stream<Arguments> layouts() {
    List<DataSet> shards = SyncNets.shards(20, 20, 20, 20);
    DataSet all = DataSet.merge(shards);
    JavaRDD<DataSet> halves = spark.parallelize(shards.subList(0, 2), 2);
    return Stream.of(
        Arguments.of("one DataSet of all examples", spark.parallelize(List.of(all), 2)),
        Arguments.of("coalesced", spark.parallelize(shards, 4).coalesce(2)),
        Arguments.of("united", halves.union(spark.parallelize(shards.subList(2, 4), 2))),
        Arguments.of(
            "with empty partitions",
            spark.parallelize(shards, 8).filter(data -> data.numExamples() > 0)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layouts")
  void howAnRddIsPartitionedMakesNoDifferenceWhereReplicasAreGiven(
      String name, JavaRDD<DataSet> data) {
    List<DataSet> shards = SyncNets.shards(20, 20, 20, 20);
    List<DataSet> two =
        List.of(DataSet.merge(shards.subList(0, 2)), DataSet.merge(shards.subList(2, 4)));

    assertThat(trained(data, 2)).containsExactly(trained(spark.parallelize(two, 2), 2));
  }

  /** What is computed a second time is something else: a random source, a table that grows. */
  @ParameterizedTest(name = "{0} replicas")
  @ValueSource(ints = {2, 4})
  void anRddThatIsComputedToSomethingElseNextTimeIsFixedOnce(int replicas) {
    COMPUTED.clear();
    JavaRDD<DataSet> changing =
        spark
            .parallelize(List.of(0, 1, 2, 3), 4)
            .map(
                one -> {
                  DataSet data = SyncNets.shards(20, 20, 20, 20).get(one);
                  if (!COMPUTED.add(one)) {
                    data.getFeatures().muli(-1);
                  }
                  return data;
                });

    assertThat(trained(changing, replicas))
        .containsExactly(trained(spark.parallelize(SyncNets.shards(20, 20, 20, 20), 4), replicas));
  }

  private static float[] trained(JavaRDD<DataSet> data, int replicas) {
    SyncConfig config =
        new SyncConfig(
            SyncConfig.Mode.GRADIENT_SHARING,
            OptionalInt.of(replicas),
            1,
            0,
            PATIENCE,
            SyncConfig.WireFormat.FP32);
    ComputationGraph graph = SyncNets.graph(new Sgd(0.1), true);
    try (CompiledTrainingMaster master =
        CompiledTrainingMaster.builder(BATCH).sync(config).seed(3).build()) {
      new SparkComputationGraph(spark, graph, master).fit(data);
    }
    return FlatVectors.toArray(graph.params());
  }

  @Test
  void nothingToTrainOnIsSaid() {
    JavaRDD<DataSet> nothing = rdd(SyncNets.shards(20, 20)).filter(data -> false);

    assertThatThrownBy(() -> network(SyncNets.graph(new Sgd(0.1), true)).fit(nothing))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the RDD is empty");
  }

  private static SyncConfig sync(SyncConfig.Mode mode) {
    return new SyncConfig(mode, OptionalInt.empty(), 1, 0, PATIENCE, SyncConfig.WireFormat.FP32);
  }

  private static CompiledTrainingMaster master() {
    return CompiledTrainingMaster.builder(BATCH)
        .sync(sync(SyncConfig.Mode.GRADIENT_SHARING))
        .build();
  }

  private static SparkComputationGraph network(ComputationGraph graph) {
    return new SparkComputationGraph(spark, graph, master());
  }

  private static JavaRDD<DataSet> rdd(List<DataSet> data) {
    return spark.parallelize(data, 2);
  }

  private static void fit(ComputationGraph graph, List<DataSet> data) {
    network(graph).fit(rdd(data));
  }
}
