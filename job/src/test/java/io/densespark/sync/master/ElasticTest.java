package io.densespark.sync.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.sync.StepObserver;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncConfig.Mode;
import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.sync.SyncException;
import io.densespark.train.StepMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/** Ranks that fail or come late, by a schedule, on slots of one process. */
class ElasticTest {

  /** Four steps an epoch of ten examples a rank. */
  private static final int[] SIZES = {34, 27, 33, 31};

  private static final int LOCAL_BATCH = 10;
  private static final int EPOCHS = 2;
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** Where nobody is late, a machine that is busy with other things makes nobody so. */
  private static final Duration LONG = Duration.ofMinutes(1);

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark(2);

  @TempDir Path notes;

  private final List<String> recoveries = new ArrayList<>();

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"GRADIENT_SHARING", "PARAMETER_AVERAGING"})
  void aRankThatIsLateBeyondTheTimeoutCostsNoBits(Mode mode) {
    FaultSchedule schedule =
        FaultSchedule.in(notes).lateAt(3, 3, TIMEOUT.multipliedBy(2)).lateAt(0, 6, TIMEOUT);

    assertThat(train(mode, schedule)).containsExactly(train(mode, FaultSchedule.in(notes)));
    assertThat(schedule.left()).isEmpty();
    assertThat(recoveries).isNotEmpty().first().asString().contains("sync.timeout");
  }

  @Test
  void anErrorInOneRankIsReportedAndNotTriedAgain() {
    FaultSchedule schedule = FaultSchedule.in(notes).failAt(2, 3);

    assertThatThrownBy(() -> train(Mode.GRADIENT_SHARING, schedule, LONG))
        .isInstanceOf(SyncException.class)
        .hasMessageContaining("ranks 2 to 3 on ")
        .hasMessageContaining("failed in step 3")
        .hasMessageContaining("fault 2-3-FAIL");
    assertThat(recoveries).isEmpty();
  }

  @Test
  void anErrorInAllRanksIsReportedAndNotTriedAgain() {
    FaultSchedule schedule = FaultSchedule.in(notes).allFailAt(SIZES.length, 5);

    assertThatThrownBy(() -> train(Mode.GRADIENT_SHARING, schedule, LONG))
        .isInstanceOf(SyncException.class)
        .hasMessageContaining("-5-FAIL");
    assertThat(recoveries).isEmpty();
  }

  @Test
  void fewerSlotsThanTheLeastAreRefusedWithWhatThereIs() {
    SyncConfig threeAtLeast =
        new SyncConfig(
            Mode.GRADIENT_SHARING,
            OptionalInt.of(SIZES.length),
            1,
            0,
            true,
            TIMEOUT,
            WireFormat.FP32,
            3,
            Optional.empty(),
            SyncConfig.ExchangeRule.AUTO);

    assertThatThrownBy(
            () -> fit(threeAtLeast, SyncNets.graph(new Nesterovs(0.05, 0.9), true), SIZES))
        .isInstanceOfSatisfying(
            SyncException.class,
            e -> assertThat(e.reason()).isEqualTo(SyncException.Reason.PREFLIGHT))
        .hasMessageContaining("local[2] offers 2 slots, sync.min-slots = 3");
  }

  @Test
  void ranksWhoseStatesAreLargerThanTheHeapAreRefusedWithNeedAndHave() {
    int[] sizes = new int[512];
    Arrays.fill(sizes, 1);
    SyncConfig averaging =
        new SyncConfig(
            Mode.PARAMETER_AVERAGING, OptionalInt.of(512), 1, 0, TIMEOUT, WireFormat.FP32);
    ComputationGraph wide = wideNet();
    // Parameters and Adam's two moments of each rank, less than what is refused.
    long needMegabytes = 512 * 3 * wide.numParams() * Float.BYTES >> 20;
    long haveMegabytes = Runtime.getRuntime().maxMemory() >> 20;
    assertThat(needMegabytes).isGreaterThan(haveMegabytes);

    assertThatThrownBy(() -> fit(averaging, wide, sizes))
        .isInstanceOfSatisfying(
            SyncException.class,
            e -> assertThat(e.reason()).isEqualTo(SyncException.Reason.PREFLIGHT))
        .hasMessageContaining("2 slots with 256 of 512 replicas each need")
        .hasMessageContaining("a JVM has " + haveMegabytes + " MB")
        .hasMessageContaining("spark.driver.memory on local");
  }

  /** Of 4 million parameters. */
  private static ComputationGraph wideNet() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .updater(new Adam(0.01))
                .graphBuilder()
                .addInputs("images")
                .setInputTypes(InputType.convolutional(SyncNets.SIDE, SyncNets.SIDE, 1))
                .addLayer("one", new ConvolutionLayer.Builder(1, 1).nOut(2000).build(), "images")
                .addLayer("two", new ConvolutionLayer.Builder(1, 1).nOut(2000).build(), "one")
                .addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), "two")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
                        .nOut(SyncNets.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build(),
                    "pool")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  private static void fit(SyncConfig sync, ComputationGraph graph, int[] sizes) {
    try (CompiledTrainingMaster master =
        CompiledTrainingMaster.builder(sizes.length).sync(sync).build()) {
      new SparkComputationGraph(SPARK.context(), graph, master)
          .fit(SPARK.context().parallelize(SyncNets.shards(sizes), 4));
    }
  }

  private float[] train(Mode mode, FaultSchedule schedule) {
    return train(mode, schedule, TIMEOUT);
  }

  private float[] train(Mode mode, FaultSchedule schedule, Duration timeout) {
    StepObserver observer =
        new StepObserver() {
          @Override
          public void onStep(StepMetrics step) {}

          @Override
          public void onRecovery(int attempt, String reason) {
            recoveries.add(reason);
          }
        };
    TrainingMasterBuilder settings =
        CompiledTrainingMaster.builder(SIZES.length * LOCAL_BATCH)
            .sync(
                new SyncConfig(mode, OptionalInt.of(SIZES.length), 2, 0, timeout, WireFormat.FP32))
            .seed(5)
            .observer(observer)
            .probe(schedule);
    ComputationGraph graph = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
    return SyncNets.trained(SPARK.context(), settings, graph, SIZES, EPOCHS);
  }
}
