package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.densespark.engine.Engine;
import io.densespark.engine.EngineConfig;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * What a replica on an engine with a device must do: the update that one makes on this machine's
 * memory, whose gradients the same engine computes, bit for bit.
 */
public abstract class DeviceUpdateContract {

  private static final int STEPS = 4;
  private static final int EXAMPLES = 12;
  private static final int BATCH = 8;

  private final Engine engine;
  private final EngineConfig config;

  protected DeviceUpdateContract(Engine engine, EngineConfig config) {
    this.engine = engine;
    this.config = config;
  }

  static Stream<IUpdater> updaters() {
    return FusedUpdaterTest.updaters();
  }

  @ParameterizedTest
  @MethodSource("updaters")
  void updatesAsThisMachineDoes(IUpdater updater) {
    onBoth(graph(updater, 0), UpdateConfig.PLAIN, this::applyGaussians);
  }

  @ParameterizedTest
  @MethodSource("updaters")
  void regularisesAsThisMachineDoes(IUpdater updater) {
    onBoth(graph(updater, 0.05), UpdateConfig.PLAIN, this::applyGaussians);
  }

  @Test
  void layersMayHaveUpdatersOfTheirOwn() {
    ComputationGraphConfiguration graph =
        FusedUpdaterTest.configuration(
            net -> net.updater(new Adam(1e-2)).biasUpdater(new Sgd(0.5)).l2(1e-3));
    onBoth(graph, UpdateConfig.PLAIN, this::applyGaussians);
  }

  @Test
  void correctsMomentumAndFollowsWithAnAverage() {
    UpdateConfig update = new UpdateConfig(0.97, true, 0, UpdateConfig.Layerwise.NONE, 0.001, 0);
    onBoth(graph(new Nesterovs(0.1, 0.9), 1e-4), update, this::applyGaussians);
  }

  /** The norm is added up in another order: the factor may differ in its last bit. */
  @Test
  void shortensLongGradients() {
    UpdateConfig update = new UpdateConfig(0, false, 0.5, UpdateConfig.Layerwise.NONE, 0.001, 0);
    List<TrainingState> states = both(graph(new Sgd(0.1), 0), update, this::applyGaussians);
    assertClose(states.get(1).parameters(), states.get(0).parameters());
  }

  /** Lengths of layers are added in another order: a ratio may differ in its last bit. */
  @ParameterizedTest
  @CsvSource({"LARS, 0", "LARS, 0.5", "LAMB, 0", "LAMB, 0.5"})
  void scalesLayersAsThisMachineDoes(UpdateConfig.Layerwise rule, double clipNorm) {
    UpdateConfig update = new UpdateConfig(0, false, clipNorm, rule, 0.01, 0);
    IUpdater updater =
        rule == UpdateConfig.Layerwise.LARS ? new Nesterovs(0.5, 0.9) : new Adam(1e-2);
    List<Map<String, Double>> ratios = new ArrayList<>();
    List<TrainingState> states =
        both(
            graph(updater, 0.05),
            update,
            replica -> {
              applyGaussians(replica);
              ratios.add(replica.trustRatios());
            });
    assertThat(ratios.get(0)).isNotEmpty();
    assertThat(ratios.get(1)).hasSameSizeAs(ratios.get(0));
    ratios
        .get(0)
        .forEach(
            (layer, ratio) -> assertThat(ratios.get(1).get(layer)).isCloseTo(ratio, within(1e-6)));
    assertClose(states.get(1).parameters(), states.get(0).parameters());
    assertClose(states.get(1).updaterState(), states.get(0).updaterState());
  }

  private static void assertClose(float[] actual, float[] expected) {
    assertThat(actual).usingComparatorWithPrecision(1e-6f).containsExactly(expected);
  }

  @Test
  void leavesShortGradientsAsTheyAre() {
    UpdateConfig update = new UpdateConfig(0, false, 1e6, UpdateConfig.Layerwise.NONE, 0.001, 0);
    onBoth(graph(new Sgd(0.1), 0), update, this::applyGaussians);
  }

  /** Gradients are of the parameters that the update left, whichever side has looked at them. */
  @Test
  void trainsWithoutAndWithLooksInBetween() {
    UpdateConfig update = UpdateConfig.PLAIN.withEmaDecay(0.9);
    ComputationGraphConfiguration graph = graph(new Adam(1e-2), 1e-3);
    List<TrainingState> unseen = both(graph, update, replica -> train(replica, false));
    List<TrainingState> seen = both(graph, update, replica -> train(replica, true));
    assertSame(unseen.get(1), unseen.get(0));
    assertSame(seen.get(1), unseen.get(0));
  }

  @Test
  void statesReplaceWhatTheDeviceHas() {
    onBoth(
        graph(new Nesterovs(0.1, 0.9), 1e-3),
        UpdateConfig.PLAIN.withEmaDecay(0.9),
        replica -> {
          TrainingState start = replica.state();
          train(replica, false);
          replica.restore(start);
          train(replica, false);
        });
  }

  @Test
  void statisticsAreEstimatedForTheAverageThatTheDeviceHas() {
    onBoth(
        graph(new Nesterovs(0.1, 0.9), 1e-3),
        UpdateConfig.PLAIN.withEmaDecay(0.9),
        replica -> {
          train(replica, false);
          TrainingState before = replica.state();
          replica.beginEstimate();
          double[] sums = new double[replica.statisticsLength()];
          replica.gradient(images(9), labels(), 0);
          replica.addBatchStatistics(1, sums);
          float[] statistics = new float[sums.length];
          for (int i = 0; i < sums.length; i++) {
            statistics[i] = (float) sums[i];
          }
          replica.endEstimate(before, statistics);
          train(replica, false);
        });
  }

  @Test
  void weighsAndMeasuresGradientsAsThisMachineDoes() {
    List<float[]> lengths = new ArrayList<>();
    onBoth(
        graph(new Sgd(0.1), 0),
        UpdateConfig.PLAIN,
        replica -> {
          replica.gradient(images(3), labels(), 1);
          replica.flatGradient().weighStatistics(3, 7);
          lengths.add(new float[] {(float) replica.flatGradient().squaredLength()});
          replica.apply(BATCH);
        });
    assertThat(lengths.get(1)).isEqualTo(lengths.get(0));
    assertThat(lengths.get(0)[0]).isPositive();
  }

  private static ComputationGraphConfiguration graph(IUpdater updater, double l2) {
    return FusedUpdaterTest.configuration(net -> net.updater(updater).l2(l2));
  }

  private void applyGaussians(Replica replica) {
    Random random = new Random(5);
    for (int step = 0; step < STEPS; step++) {
      int length = replica.flatGradient().values().capacity();
      replica.flatGradient().values().put(FusedUpdaterTest.gaussians(random, length));
      replica.apply(EXAMPLES);
      replica.followParameters(1);
    }
  }

  private static void train(Replica replica, boolean looks) {
    for (int step = 0; step < STEPS; step++) {
      replica.gradient(images(step), labels(), step);
      if (looks) {
        replica.flatGradient().squaredLength();
      }
      replica.apply(BATCH);
      if (looks) {
        replica.state();
        replica.graph();
      }
      replica.followParameters(1);
    }
  }

  private static INDArray images(int seed) {
    // A seed of 0 is none.
    Nd4j.getRandom().setSeed(1 + seed);
    return Nd4j.rand(DataType.FLOAT, BATCH, 3, 6, 6);
  }

  private static INDArray labels() {
    INDArray labels = Nd4j.zeros(DataType.FLOAT, BATCH, 4);
    for (int i = 0; i < BATCH; i++) {
      labels.putScalar(i, i % 4, 1);
    }
    return labels;
  }

  private void onBoth(
      ComputationGraphConfiguration graph, UpdateConfig update, Consumer<Replica> training) {
    List<TrainingState> states = both(graph, update, training);
    assertSame(states.get(1), states.get(0));
  }

  private static void assertSame(TrainingState actual, TrainingState expected) {
    assertThat(actual.step()).isEqualTo(expected.step());
    assertThat(actual.parameters()).isEqualTo(expected.parameters());
    assertThat(actual.updaterState()).isEqualTo(expected.updaterState());
    assertThat(actual.ema()).isEqualTo(expected.ema());
  }

  /** The states that training on this machine's memory and on the device ends with. */
  private List<TrainingState> both(
      ComputationGraphConfiguration graph, UpdateConfig update, Consumer<Replica> training) {
    return Stream.of(true, false)
        .map(
            here -> {
              Plan plan =
                  engine.compile(
                      graph,
                      new PlanConfig(BATCH, 1, PlanConfig.Purpose.TRAINING, 3, 6, 6, config)
                          .onFirstDevice());
              ComputationGraph network = FusedUpdaterTest.graph(graph);
              TrainingState start = TrainingState.of(network);
              try (Replica replica =
                  new Replica(network, here ? new WithoutModel(plan) : plan, update)) {
                replica.restore(start);
                training.accept(replica);
                TrainingState end = replica.state();
                assertThat(end.parameters()).doesNotContain(Float.NaN);
                return end;
              }
            })
        .toList();
  }

  /** The same gradients from vectors of this machine. */
  private record WithoutModel(Plan plan) implements Plan {
    @Override
    public PlanConfig config() {
      return plan.config();
    }

    @Override
    public long parameterCount() {
      return plan.parameterCount();
    }

    @Override
    public double gradient(
        INDArray parameters, INDArray features, INDArray labels, INDArray gradient, long seed) {
      return plan.gradient(parameters, features, labels, gradient, seed);
    }

    @Override
    public void infer(INDArray parameters, INDArray features, INDArray probabilities) {
      plan.infer(parameters, features, probabilities);
    }

    @Override
    public PlanSummary summary() {
      return plan.summary();
    }

    @Override
    public void close() {
      plan.close();
    }
  }
}
