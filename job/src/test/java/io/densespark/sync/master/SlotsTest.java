package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.SnapshotPolicy;
import io.densespark.sync.StepObserver;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncConfig.Mode;
import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.sync.endpoint.TaskPlacement;
import io.densespark.sync.tree.Placement;
import io.densespark.train.FlatVectors;
import io.densespark.train.StepMetrics;
import io.densespark.train.UpdateConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;

/** The result belongs to settings, data and ranks, and not to the slots that compute it. */
class SlotsTest {

  /** Eight ranks; the last steps of an epoch have no examples on some of them. */
  private static final int[] SIZES = {34, 27, 33, 25, 31, 30, 22, 35};

  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 2;

  @Test
  void eightRanksGiveTheSameBitsOnOneTwoThreeAndEightSlots() {
    Map<String, float[]> expected = trainedOn(1);

    for (int slots : new int[] {2, 3, 8}) {
      assertSame(trainedOn(slots), expected, slots + " slots");
    }
    // And the ways differ, so that there is something to compare.
    assertThat(expected.values()).doesNotHaveDuplicates();
  }

  static void assertSame(
      Map<String, float[]> trained, Map<String, float[]> expected, String where) {
    assertThat(trained).hasSameSizeAs(expected);
    expected.forEach(
        (way, parameters) ->
            assertThat(trained.get(way)).as("%s on %s", way, where).containsExactly(parameters));
  }

  @Test
  void aStateTakenOnTwoSlotsGoesOnOnThreeWithTheSameBits() {
    for (SyncConfig way : ways().values()) {
      KeptStates kept = new KeptStates();
      float[] average;
      ComputationGraph whole = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
      try (JavaSparkContext spark = SyncNets.spark(2)) {
        CompiledTrainingMaster master =
            builder(way).snapshots(new SnapshotPolicy(1, Duration.ZERO), kept).build();
        new SparkComputationGraph(spark, whole, master).fit(data(spark));
        average = master.ema();
      }
      ComputationGraph resumed = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
      try (JavaSparkContext spark = SyncNets.spark(3)) {
        CompiledTrainingMaster master = builder(way).build();
        master.resume(kept.states.get(0), resumed);
        new SparkComputationGraph(spark, resumed, master).fit(data(spark));
        assertThat(master.ema()).containsExactly(average);
      }

      assertThat(FlatVectors.toArray(resumed.params()))
          .containsExactly(FlatVectors.toArray(whole.params()));
    }
  }

  @Test
  void tasksOfAnExecutorBecomeSlotsBesideEachOther() {
    String[] addresses = {"b:1", "a:9", "b:1", "c:2"};

    assertThat(TaskPlacement.of(addresses, 0, 9).placement())
        .isEqualTo(new Placement(9, List.of(1, 2, 1)));
    assertThat(List.of(0, 1, 2, 3))
        .extracting(task -> TaskPlacement.of(addresses, task, 9).slot())
        .containsExactly(1, 0, 2, 3);
    assertThat(List.of(0, 1, 2, 3))
        .extracting(task -> TaskPlacement.of(addresses, task, 9).isFirst())
        .containsExactly(true, true, false, true);
  }

  private static Map<String, SyncConfig> ways() {
    Map<String, SyncConfig> ways = new LinkedHashMap<>();
    for (WireFormat format : WireFormat.values()) {
      ways.put("gradients in " + format, sync(Mode.GRADIENT_SHARING, format));
    }
    ways.put("averaging", sync(Mode.PARAMETER_AVERAGING, WireFormat.FP32));
    ways.put("averaging parameters alone", local());
    return ways;
  }

  /** What every way of training ends with on so many slots of one process. */
  static Map<String, float[]> trainedOn(int slots) {
    try (JavaSparkContext spark = SyncNets.spark(slots)) {
      return trained(spark, step -> {});
    }
  }

  /** What every way of training ends with on a cluster. */
  static Map<String, float[]> trained(JavaSparkContext spark, StepObserver observer) {
    Map<String, float[]> trained = new LinkedHashMap<>();
    JavaRDD<DataSet> data = data(spark);
    for (IUpdater updater : List.of(new Nesterovs(0.05, 0.9), new Adam(0.01))) {
      ways()
          .forEach(
              (name, way) -> {
                ComputationGraph graph = SyncNets.graph(updater, true);
                try (CompiledTrainingMaster master = builder(way).observer(observer).build()) {
                  SparkComputationGraph network = new SparkComputationGraph(spark, graph, master);
                  for (int epoch = 0; epoch < EPOCHS; epoch++) {
                    network.fit(data);
                  }
                  if (master.lastSteps().get(0).noise().isKnown()) {
                    trained.put(
                        updater.getClass().getSimpleName() + ", noise of " + name,
                        noise(master.lastSteps()));
                  }
                  trained.put(
                      updater.getClass().getSimpleName() + ", moving average, " + name,
                      master.ema());
                }
                trained.put(
                    updater.getClass().getSimpleName() + ", " + name,
                    FlatVectors.toArray(graph.params()));
              });
    }
    return trained;
  }

  private static float[] noise(List<StepMetrics> steps) {
    float[] noise = new float[steps.size()];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) steps.get(i).noise().squaredGradient();
    }
    return noise;
  }

  private static JavaRDD<DataSet> data(JavaSparkContext spark) {
    return spark.parallelize(SyncNets.shards(SIZES), SIZES.length);
  }

  private static TrainingMasterBuilder builder(SyncConfig way) {
    return CompiledTrainingMaster.builder(SIZES.length * LOCAL_BATCH)
        .sync(way)
        .update(UpdateConfig.PLAIN.withEmaDecay(0.9).withNormBatches(2))
        .seed(5);
  }

  private static SyncConfig sync(Mode mode, WireFormat format) {
    return new SyncConfig(mode, OptionalInt.of(SIZES.length), 3, 0, Duration.ofMinutes(2), format);
  }

  private static SyncConfig local() {
    return new SyncConfig(
        Mode.PARAMETER_AVERAGING,
        OptionalInt.of(SIZES.length),
        3,
        0.5,
        false,
        Duration.ofMinutes(2),
        WireFormat.FP32,
        1,
        Optional.empty(),
        SyncConfig.ExchangeRule.AUTO);
  }
}
