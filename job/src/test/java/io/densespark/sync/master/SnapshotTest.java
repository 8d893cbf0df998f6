package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.SnapshotPolicy;
import io.densespark.sync.SnapshotReceiver;
import io.densespark.sync.StepProbe;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncConfig.Mode;
import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.train.FlatVectors;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Nesterovs;

/** What the replicas hold within an epoch, and going on from it. */
class SnapshotTest {

  /** Seven steps an epoch, the last ones without examples on rank 1. */
  private static final int[] SIZES = {66, 47};

  private static final int LOCAL_BATCH = 10;
  private static final int STEPS = 7;
  private static final int EPOCHS = 2;

  private static JavaSparkContext spark;
  private static JavaRDD<DataSet> data;

  @BeforeAll
  static void startSpark() {
    spark = SyncNets.spark(2);
    data = spark.parallelize(SyncNets.shards(SIZES), SIZES.length);
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  static Stream<SyncConfig> ways() {
    return Stream.of(
        sync(Mode.GRADIENT_SHARING, 1, 0, WireFormat.FP32),
        sync(Mode.GRADIENT_SHARING, 1, 0, WireFormat.BF16),
        sync(Mode.GRADIENT_SHARING, 1, 0, WireFormat.THRESHOLD),
        sync(Mode.PARAMETER_AVERAGING, 3, 0, WireFormat.FP32),
        sync(Mode.PARAMETER_AVERAGING, 3, 9 / 7.0, WireFormat.FP32),
        local());
  }

  @ParameterizedTest
  @MethodSource("ways")
  void goingOnFromAnySnapshotEndsWithTheBitsOfARunThatWasNeverLookedAt(SyncConfig way) {
    ComputationGraph undisturbed = net();
    List<Double> losses = train(undisturbed, master(way, SnapshotPolicy.NEVER, null));

    KeptStates kept = new KeptStates();
    ComputationGraph watched = net();
    train(watched, master(way, new SnapshotPolicy(1, Duration.ZERO), kept));
    assertThat(parameters(watched)).containsExactly(parameters(undisturbed));
    assertThat(kept.states).isNotEmpty();

    for (TrainingState snapshot : kept.states) {
      List<Integer> told = new ArrayList<>();
      CompiledTrainingMaster master = builder(way).observer(step -> told.add(step.step())).build();
      ComputationGraph resumed = net();
      master.resume(snapshot, resumed);
      List<Double> lossesFromThere = train(resumed, master);

      assertThat(parameters(resumed)).containsExactly(parameters(undisturbed));
      assertThat(lossesFromThere)
          .isEqualTo(losses.subList(snapshot.epoch() * STEPS, losses.size()));
      assertThat(told.get(0)).isEqualTo(snapshot.step() + 1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStateThatTheDriverWantsIsTakenBeyondThePolicy(boolean wanted) {
    KeptStates kept = new KeptStates();
    kept.wanted = wanted;
    // The wish is the answer to the report of the first step.
    StepProbe slow = (rank, step) -> LockSupport.parkNanos(step == 4 ? 1_000_000_000L : 0);

    train(
        net(),
        builder(sync(Mode.GRADIENT_SHARING, 1, 0, WireFormat.FP32))
            .snapshots(SnapshotPolicy.NEVER, kept)
            .probe(slow)
            .build());

    assertThat(kept.states.isEmpty()).isNotEqualTo(wanted);
  }

  @Test
  void averagedReplicasAreTakenWhereTheyAreEqual() {
    KeptStates kept = new KeptStates();
    train(
        net(),
        master(
            sync(Mode.PARAMETER_AVERAGING, 3, 0, WireFormat.FP32),
            new SnapshotPolicy(1, Duration.ZERO),
            kept));

    assertThat(kept.states)
        .extracting(snapshot -> snapshot.stepInEpoch())
        .containsAnyOf(3, 6)
        .isSubsetOf(3, 6);
  }

  @Test
  void residualsOfAllRanksBelongToTheSameStep() {
    KeptStates kept = new KeptStates();
    train(
        net(),
        master(
            sync(Mode.GRADIENT_SHARING, 1, 0, WireFormat.THRESHOLD),
            new SnapshotPolicy(0, Duration.ofNanos(1)),
            kept));

    assertThat(kept.states)
        .isNotEmpty()
        .allSatisfy(
            snapshot -> {
              assertThat(snapshot.rankStates()).hasSize(SIZES.length).doesNotHaveDuplicates();
              assertThat(snapshot.steps()).isNotEmpty();
            });
  }

  @Test
  void stepsCountFromTheLastMultipleNotFromTheStart() {
    SnapshotPolicy everyTen = new SnapshotPolicy(10, Duration.ZERO);

    assertThat(everyTen.due(13, 19, Duration.ofDays(1))).isFalse();
    assertThat(everyTen.due(13, 20, Duration.ZERO)).isTrue();
    assertThat(everyTen.due(19, 31, Duration.ZERO)).isTrue();
    assertThat(new SnapshotPolicy(0, Duration.ofMinutes(1)).due(0, 1, Duration.ofMinutes(1)))
        .isTrue();
  }

  /** Trains to the end of the last epoch; returns the loss of each step of these epochs. */
  private static List<Double> train(ComputationGraph graph, CompiledTrainingMaster master) {
    SparkComputationGraph network = new SparkComputationGraph(spark, graph, master);
    List<Double> losses = new ArrayList<>();
    while (graph.getEpochCount() < EPOCHS) {
      network.fit(data);
      master.lastSteps().forEach(step -> losses.add(step.loss()));
    }
    return losses;
  }

  private static CompiledTrainingMaster master(
      SyncConfig way, SnapshotPolicy policy, SnapshotReceiver receiver) {
    return builder(way).snapshots(policy, receiver).build();
  }

  private static TrainingMasterBuilder builder(SyncConfig way) {
    return CompiledTrainingMaster.builder(SIZES.length * LOCAL_BATCH).sync(way).seed(5);
  }

  private static SyncConfig sync(Mode mode, int frequency, double warmupEpochs, WireFormat format) {
    return new SyncConfig(
        mode, OptionalInt.empty(), frequency, warmupEpochs, Duration.ofSeconds(30), format);
  }

  private static SyncConfig local() {
    return new SyncConfig(
        Mode.PARAMETER_AVERAGING,
        OptionalInt.empty(),
        3,
        0,
        false,
        Duration.ofSeconds(30),
        WireFormat.FP32,
        1,
        Optional.empty(),
        SyncConfig.ExchangeRule.AUTO);
  }

  private static ComputationGraph net() {
    return SyncNets.graph(new Nesterovs(0.05, 0.9), true);
  }

  private static float[] parameters(ComputationGraph graph) {
    return FlatVectors.toArray(graph.params());
  }
}
