package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.data.ShardAssignment;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.rank.EpochWork;
import io.densespark.train.FlatVectors;
import io.densespark.train.StepCounts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;

/** Parameter averaging against a plain loop over DL4J's own graphs, one for each rank. */
class LocalSgdTest {

  /** Four steps an epoch; rank 1 has no examples in the last one. */
  private static final int[] SIZES = {34, 27, 33};

  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 3;
  private static final long SEED = 5;

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark(2);

  static Stream<Arguments> ways() {
    return Stream.of(new Nesterovs(0.05, 0.9), new Adam(0.01))
        .flatMap(
            updater ->
                Stream.of(true, false)
                    .flatMap(
                        averaged ->
                            Stream.of(
                                Arguments.of(updater, 3, 0.0, averaged),
                                Arguments.of(updater, 3, 1.5, averaged))));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void equalsGraphsOfDl4jThatAreAveraged(
      IUpdater updater, int frequency, double warmupEpochs, boolean averageUpdater) {
    SyncConfig way = way(frequency, warmupEpochs, averageUpdater);

    assertClose(trained(SIZES, updater, way), plainLoop(updater, way), 2e-6f);
  }

  /** Nesterov's update is linear in the momentum, Adam's is not; all shards weigh the same. */
  @Test
  void averagingMomentumEveryStepChangesNothingForNesterovAndSomethingForAdam() {
    int[] alike = {20, 20, 20};
    SyncConfig averaged = way(1, 0, true);
    SyncConfig local = way(1, 0, false);
    IUpdater nesterov = new Nesterovs(0.05, 0.9);
    IUpdater adam = new Adam(0.01);

    assertClose(trained(alike, nesterov, local), trained(alike, nesterov, averaged), 2e-6f);
    assertThat(farthest(trained(alike, adam, local), trained(alike, adam, averaged)))
        .isGreaterThan(1e-4f);
  }

  private static SyncConfig way(int frequency, double warmupEpochs, boolean averageUpdater) {
    return new SyncConfig(
        SyncConfig.Mode.PARAMETER_AVERAGING,
        OptionalInt.of(SIZES.length),
        frequency,
        warmupEpochs,
        averageUpdater,
        Duration.ofSeconds(30),
        SyncConfig.WireFormat.FP32,
        1,
        Optional.empty(),
        SyncConfig.ExchangeRule.AUTO);
  }

  private static float[] trained(int[] sizes, IUpdater updater, SyncConfig way) {
    TrainingMasterBuilder settings =
        CompiledTrainingMaster.builder(sizes.length * LOCAL_BATCH).sync(way).seed(SEED);
    ComputationGraph graph = SyncNets.graph(updater, false);
    return SyncNets.trained(SPARK.context(), settings, graph, sizes, EPOCHS);
  }

  private static float[] plainLoop(IUpdater updater, SyncConfig way) {
    StepCounts counts = new StepCounts(Arrays.stream(SIZES).boxed().toList(), LOCAL_BATCH);
    List<DataSet> shards = SyncNets.shards(SIZES);
    List<ComputationGraph> graphs = new ArrayList<>();
    for (int rank = 0; rank < SIZES.length; rank++) {
      graphs.add(SyncNets.graph(updater, false));
    }
    double[] examples = new double[SIZES.length];
    int sinceAverage = 0;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      for (int step = 0; step < counts.stepsPerEpoch(); step++) {
        boolean warmup =
            epoch * counts.stepsPerEpoch() + step < 6 && way.averagingWarmupEpochs() > 0;
        for (int rank = 0; rank < SIZES.length; rank++) {
          fit(graphs.get(rank), batch(shards.get(rank), rank, epoch, step));
          examples[rank] += counts.examplesAt(rank, step);
        }
        sinceAverage++;
        if (warmup
            || sinceAverage == way.averagingFrequency()
            || step == counts.stepsPerEpoch() - 1) {
          average(graphs.stream().map(ComputationGraph::params).toList(), examples);
          if (way.averageUpdater()) {
            average(
                graphs.stream().map(one -> one.getUpdater().getStateViewArray()).toList(),
                examples);
          }
          Arrays.fill(examples, 0);
          sinceAverage = 0;
        }
      }
      graphs.forEach(ComputationGraph::incrementEpochCount);
    }
    return FlatVectors.toArray(graphs.get(0).params());
  }

  private static DataSet batch(DataSet shard, int rank, int epoch, int step) {
    int size = shard.numExamples();
    int[] order = ShardAssignment.of(EpochWork.mix(SEED, rank, 1), 0, 1, size).order(epoch);
    List<DataSet> rows = new ArrayList<>();
    for (int at = step * LOCAL_BATCH; at < Math.min(size, (step + 1) * LOCAL_BATCH); at++) {
      rows.add(shard.get(order[at]));
    }
    return rows.isEmpty() ? null : DataSet.merge(rows);
  }

  private static void fit(ComputationGraph graph, DataSet batch) {
    if (batch != null) {
      graph.fit(batch);
    } else {
      graph.getConfiguration().setIterationCount(graph.getIterationCount() + 1);
    }
  }

  private static void average(List<INDArray> vectors, double[] weights) {
    INDArray sum = vectors.get(0).mul(weights[0]);
    for (int i = 1; i < weights.length; i++) {
      sum.addi(vectors.get(i).mul(weights[i]));
    }
    sum.divi(Arrays.stream(weights).sum());
    vectors.forEach(vector -> vector.assign(sum));
  }

  private static void assertClose(float[] actual, float[] expected, float tolerance) {
    assertThat(farthest(actual, expected)).isLessThan(tolerance);
  }

  private static float farthest(float[] one, float[] other) {
    float farthest = 0;
    for (int i = 0; i < one.length; i++) {
      farthest = Math.max(farthest, Math.abs(one[i] - other[i]));
    }
    return farthest;
  }
}
