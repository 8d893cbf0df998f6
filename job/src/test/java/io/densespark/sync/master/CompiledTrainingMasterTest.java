package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.sync.SyncConfig;
import io.densespark.train.DivergedException;
import io.densespark.train.FlatVectors;
import io.densespark.train.UpdateConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

class CompiledTrainingMasterTest {

  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 2;
  private static final long SEED = 5;

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark(4);

  static Stream<Arguments> worlds() {
    return Stream.of(1, 2, 4)
        .flatMap(
            n ->
                Stream.of(
                    Arguments.of(n, new Nesterovs(0.05, 0.9)), Arguments.of(n, new Adam(0.01))));
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void replicasEqualOneProcessThatAccumulatesTheirBatchesInRankOrder(
      int worldSize, IUpdater updater) {
    // Shards of unequal sizes, none a multiple of the batch.
    int[] sizes = Arrays.copyOf(new int[] {34, 27, 33, 25}, worldSize);

    float[] trained = train(sizes, updater, config(SyncConfig.Mode.GRADIENT_SHARING, 1));

    assertThat(trained)
        .containsExactly(Accumulated.parameters(sizes, updater, LOCAL_BATCH, EPOCHS, SEED));
  }

  @Test
  void replicasWithoutBatchNormEqualOneLargeBatch() {
    int[] sizes = {10, 10, 10, 10};
    ComputationGraph alone = SyncNets.graph(new Sgd(0.1), false);
    DataSet all = DataSet.merge(SyncNets.shards(sizes));
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      alone.fit(all);
    }

    ComputationGraph graph = SyncNets.graph(new Sgd(0.1), false);
    float[] actual = train(graph, sizes, config(SyncConfig.Mode.GRADIENT_SHARING, 1));

    float[] expected = FlatVectors.toArray(alone.params());
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs(expected[i] - actual[i]));
    }
    System.out.printf(Locale.ROOT, "one large batch: %.0f%% of 1e-6%n", worst / 1e-6 * 100);
    assertThat(worst).isLessThan(1e-6);
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void averagingAfterEveryStepIsTheSameTwice(int worldSize, IUpdater updater) {
    int[] sizes = Arrays.copyOf(new int[] {34, 27, 33, 25}, worldSize);
    SyncConfig config = config(SyncConfig.Mode.PARAMETER_AVERAGING, 3);

    assertThat(train(sizes, updater, config)).containsExactly(train(sizes, updater, config));
  }

  @Test
  void averagingAfterEveryStepOfPlainSgdEqualsGradientSharing() {
    int[] sizes = {20, 20};
    float[] shared = train(sizes, new Sgd(0.1), config(SyncConfig.Mode.GRADIENT_SHARING, 1), false);
    float[] averaged =
        train(sizes, new Sgd(0.1), config(SyncConfig.Mode.PARAMETER_AVERAGING, 1), false);

    for (int i = 0; i < shared.length; i++) {
      assertThat(averaged[i]).isCloseTo(shared[i], org.assertj.core.api.Assertions.within(1e-6f));
    }
  }

  @Test
  void averagingOneByOneToTheEndEqualsAveragingEveryStep() {
    int[] sizes = {34, 27};
    SyncConfig late =
        new SyncConfig(
            SyncConfig.Mode.PARAMETER_AVERAGING,
            OptionalInt.empty(),
            4,
            1_000,
            Duration.ofSeconds(30),
            SyncConfig.WireFormat.FP32);

    assertThat(train(sizes, new Nesterovs(0.05, 0.9), late))
        .containsExactly(
            train(sizes, new Nesterovs(0.05, 0.9), config(SyncConfig.Mode.PARAMETER_AVERAGING, 1)));
  }

  @ParameterizedTest
  @EnumSource(SyncConfig.WireFormat.class)
  void everyWireFormatTrainsToTheSameBitsTwice(SyncConfig.WireFormat format) {
    SyncConfig config =
        new SyncConfig(
            SyncConfig.Mode.GRADIENT_SHARING,
            OptionalInt.empty(),
            1,
            0,
            Duration.ofSeconds(30),
            format);
    int[] sizes = {34, 27};

    float[] once = train(sizes, new Sgd(0.1), config);

    assertThat(once).containsExactly(train(sizes, new Sgd(0.1), config));
    assertThat(once).isNotEqualTo(FlatVectors.toArray(SyncNets.graph(new Sgd(0.1), true).params()));
  }

  @ParameterizedTest
  @EnumSource(names = {"GRADIENT_SHARING", "PARAMETER_AVERAGING"})
  void movingAverageFollowsWhatAllReplicasHold(SyncConfig.Mode mode) {
    int stepsOfRound = mode == SyncConfig.Mode.PARAMETER_AVERAGING ? 3 : 1;
    int shard = stepsOfRound * LOCAL_BATCH;
    ComputationGraph graph = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
    double[] expected = graph.params().toDoubleVector();
    CompiledTrainingMaster master =
        CompiledTrainingMaster.builder(2 * LOCAL_BATCH)
            .sync(config(mode, stepsOfRound))
            .update(UpdateConfig.PLAIN.withEmaDecay(0.6))
            .build();
    JavaRDD<DataSet> data = SPARK.context().parallelize(SyncNets.shards(shard, shard), 2);
    SparkComputationGraph network = new SparkComputationGraph(SPARK.context(), graph, master);
    for (int round = 0; round < 6; round++) {
      network.fit(data);
      double kept = 1;
      for (int step = round * stepsOfRound; step < (round + 1) * stepsOfRound; step++) {
        kept *= Math.min(0.6, (1.0 + step) / (10.0 + step));
      }
      double[] parameters = graph.params().toDoubleVector();
      for (int i = 0; i < expected.length; i++) {
        expected[i] = kept * expected[i] + (1 - kept) * parameters[i];
      }
    }
    float[] actual = master.ema();
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .isCloseTo(expected[i], org.assertj.core.api.Assertions.within(1e-6));
    }
    assertThat(actual).isNotEqualTo(FlatVectors.toArray(graph.params()));
  }

  @Test
  void aStepTellsTheVarianceOfTheGradientsThatDl4jComputes() {
    int[] sizes = {10, 10, 10, 10};
    List<DataSet> shards = SyncNets.shards(sizes);
    List<float[]> gradients = new ArrayList<>();
    float[] mean = null;
    for (DataSet shard : shards) {
      ComputationGraph alone = SyncNets.graph(new Sgd(0.1), false);
      alone.setInputs(shard.getFeatures());
      alone.setLabels(shard.getLabels());
      alone.computeGradientAndScore();
      float[] ofRank = FlatVectors.toArray(alone.getFlattenedGradients().div(LOCAL_BATCH));
      gradients.add(ofRank);
      mean = mean == null ? new float[ofRank.length] : mean;
      for (int i = 0; i < mean.length; i++) {
        mean[i] += ofRank[i] / sizes.length;
      }
    }
    double squaredDistances = 0;
    for (float[] ofRank : gradients) {
      for (int i = 0; i < mean.length; i++) {
        squaredDistances += Math.pow(ofRank[i] - mean[i], 2);
      }
    }
    double variance = LOCAL_BATCH * squaredDistances / (sizes.length - 1);

    CompiledTrainingMaster master =
        CompiledTrainingMaster.builder(sizes.length * LOCAL_BATCH).seed(SEED).build();
    new SparkComputationGraph(SPARK.context(), SyncNets.graph(new Sgd(0.1), false), master)
        .fit(SPARK.context().parallelize(shards, shards.size()));

    assertThat(master.lastSteps().get(0).noise().variance())
        .isCloseTo(variance, org.assertj.core.api.Assertions.within(1e-4 * variance));
  }

  @Test
  void tellsEveryStepOnceAndInOrder() {
    List<Integer> told = new ArrayList<>();
    ComputationGraph graph = SyncNets.graph(new Sgd(0.1), true);
    CompiledTrainingMaster master =
        CompiledTrainingMaster.builder(2 * LOCAL_BATCH)
            .observer(step -> told.add(step.step()))
            .build();
    JavaRDD<DataSet> data = SPARK.context().parallelize(SyncNets.shards(34, 27), 2);
    SparkComputationGraph network = new SparkComputationGraph(SPARK.context(), graph, master);
    network.fit(data);
    network.fit(data);

    assertThat(told).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    assertThat(graph.getIterationCount()).isEqualTo(8);
    assertThat(graph.getEpochCount()).isEqualTo(2);
    assertThat(master.lastSteps()).allMatch(step -> step.epoch() == 2);
  }

  @Test
  void stopsWhenTheLossIsNotFinite() {
    ComputationGraph graph = SyncNets.graph(new Sgd(1e39), false);

    assertThatThrownBy(
            () -> train(graph, new int[] {40, 40}, config(SyncConfig.Mode.GRADIENT_SHARING, 1)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("learning-rate");
  }

  private static SyncConfig config(SyncConfig.Mode mode, int averagingFrequency) {
    return new SyncConfig(
        mode,
        OptionalInt.empty(),
        averagingFrequency,
        0,
        Duration.ofSeconds(30),
        SyncConfig.WireFormat.FP32);
  }

  private static float[] train(int[] sizes, IUpdater updater, SyncConfig config) {
    return train(sizes, updater, config, true);
  }

  private static float[] train(
      int[] sizes, IUpdater updater, SyncConfig config, boolean batchNorm) {
    return train(SyncNets.graph(updater, batchNorm), sizes, config);
  }

  private static float[] train(ComputationGraph graph, int[] sizes, SyncConfig config) {
    TrainingMasterBuilder settings =
        CompiledTrainingMaster.builder(sizes.length * LOCAL_BATCH).sync(config).seed(SEED);
    return SyncNets.trained(SPARK.context(), settings, graph, sizes, EPOCHS);
  }
}
