package io.densespark.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.EngineConfig.Choice;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.Engines;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.train.Replica;
import io.densespark.train.TrainingState;
import io.densespark.train.UpdateConfig;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Devices, what is refused, and what only the fake driver can show. */
class CudaEngineTest {

  private static final List<String> ABSENT = List.of("libdensespark-absent.so.1");
  private static final FakeCuda FAKE = FakeCuda.SHARED;
  static final int BATCH = 60;
  private static final int SIDE = 8;
  private static final int CLASSES = 3;

  /** For DL4J: no dropout. */
  private static final double NOTHING = 0;

  @Test
  void aMissingDriverIsNamedWithWhatWasLookedFor() {
    CudaEngine engine = new CudaEngine(() -> Libraries.load(ABSENT, ABSENT));

    assertThatThrownBy(() -> engine.compile(graph(), config("0")))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("engine cuda: cannot load libdensespark-absent.so.1")
        .hasMessageContaining("LD_LIBRARY_PATH")
        .hasMessageContaining("driver");
  }

  @Test
  void aMissingCompilerIsNamedWithWhatWasLookedFor() {
    assertThatThrownBy(() -> Libraries.load(List.of(FAKE.path()), ABSENT))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("cannot load libdensespark-absent.so.1")
        .hasMessageContaining("NVRTC");
  }

  @Test
  void aDriverWithoutDevicesIsRefused() {
    CudaEngine engine = new FakeCuda(0).engine();

    assertThatThrownBy(() -> engine.compile(graph(), config("0")))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("cuInit: error 100, no CUDA-capable device is detected")
        .hasMessageContaining("nvidia-smi");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "-1", "GPU-8f6c", "99999", ""})
  void anAddressThatIsNoDeviceIsRefused(String address) {
    assertThatThrownBy(() -> FAKE.engine().compile(graph(), config(address)))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("'" + address + "' is none of the 2");
  }

  @Test
  void computesOnTheDeviceThatItIsGiven() {
    try (Plan first = FAKE.engine().compile(graph(), config("0"));
        Plan second = FAKE.engine().compile(graph(), config("1"))) {
      assertThat(first.summary().instructionSet())
          .isEqualTo("sm_90, fake GPU, driver 13.0, NVRTC 13.0")
          .isEqualTo(second.summary().instructionSet());
      float[] ofFirst = gradient(first);
      long before = FAKE.launches(0);
      assertThat(gradient(second)).isEqualTo(ofFirst);
      assertThat(FAKE.launches(0)).isEqualTo(before);
      assertThat(FAKE.launches(1)).isPositive();
    }
  }

  @Test
  void aPlanThatTheDeviceHasNoMemoryForIsRefused() {
    PlanConfig large = new PlanConfig(1 << 20, 1, Purpose.TRAINING, 1, SIDE, SIDE, cuda());

    assertThatThrownBy(() -> FAKE.engine().compile(graph(), large))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("fake GPU")
        .hasMessageContaining("train.batch-size");
    assertThat(FAKE.held()).isZero();
  }

  /** The net's other memory, that of parameters and batches, is the smaller part of it. */
  @Test
  void imagesOfHalfTheWidthTakeAboutHalfTheMemory() {
    assertThat(bytes(Precision.TF32)).isEqualTo(bytes(Precision.FP32));
    assertThat((double) bytes(Precision.BF16) / bytes(Precision.FP32)).isBetween(0.4, 0.7);
  }

  private static long bytes(Precision precision) {
    try (Plan plan = FAKE.engine().compile(graph(), configAt(precision))) {
      return plan.summary().arenaBytes();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"BF16", "TF32"})
  void aDeviceWithoutTheTensorCoresIsRefused(Precision precision) {
    assertThatThrownBy(() -> new FakeCuda(1, 7).engine().compile(graph(), configAt(precision)))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("engine.precision = " + precision.name().toLowerCase(Locale.ROOT))
        .hasMessageContaining("fake GPU has 7.0");
  }

  @Test
  void isFoundByNameAndLeftAloneByAuto() {
    PlanConfig auto =
        new PlanConfig(2, 1, Purpose.TRAINING, 1, SIDE, SIDE, EngineConfig.defaults());
    try (Plan plan = Engines.compile(graph(), auto.onDevice("0"))) {
      assertThat(plan.summary().engine()).isNotEqualTo("cuda");
    }
    // Here there is no driver, or a real one.
    try (Plan plan = Engines.compile(graph(), config(null).onFirstDevice())) {
      assertThat(plan.summary().engine()).isEqualTo("cuda");
    } catch (EngineUnavailableException e) {
      assertThat(e).hasMessageContaining("engine cuda: ");
    }
  }

  /** Threads run one after the other here: where one needs another's result, their order shows. */
  @Test
  void theOrderOfABlocksThreadsDoesNotMatter() {
    try (Plan plan = FAKE.engine().compile(graph(), config("0"))) {
      float[] forwards = gradient(plan);
      FAKE.reverseThreads(true);
      try {
        assertThat(gradient(plan)).isEqualTo(forwards);
      } finally {
        FAKE.reverseThreads(false);
      }
    }
  }

  /** The contract's images are few: here sums are made of two slices, whose images are unlike. */
  @Test
  void agreesWithTheCpuOnManyPixels() {
    PlanConfig onCpu =
        new PlanConfig(BATCH, 1, Purpose.TRAINING, 1, SIDE, SIDE, EngineConfig.defaults());
    INDArray images = features();
    for (int i = 0; i < BATCH; i++) {
      images.slice(i).muli((float) i / BATCH);
    }
    try (Plan plan = FAKE.engine().compile(graph(NOTHING), config("0"));
        Plan other = Engines.compile(graph(NOTHING), onCpu)) {
      float[] expected = gradient(other, images);
      float largest = 0;
      for (float value : expected) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(gradient(plan, images))
          .usingComparatorWithPrecision(1e-4f * largest)
          .containsExactly(expected);
    }
  }

  @Test
  void aStepMovesNeitherParametersNorGradient() {
    ComputationGraph network = new ComputationGraph(graph());
    network.init();
    network.getUpdater();
    TrainingState start = TrainingState.of(network);
    try (Replica replica =
        new Replica(
            network,
            FAKE.engine().compile(graph(), config("0")),
            UpdateConfig.PLAIN.withEmaDecay(0.9))) {
      replica.restore(start);
      step(replica);
      step(replica);
      long before = FAKE.copied();
      step(replica);
      long batch = (long) Float.BYTES * BATCH * (SIDE * SIDE + CLASSES);
      assertThat(FAKE.copied() - before)
          .isGreaterThan(batch)
          .isLessThan(batch + Float.BYTES * network.numParams());
    }
  }

  private static void step(Replica replica) {
    replica.gradient(features(), labels(), 7);
    replica.apply(BATCH);
    replica.followParameters(1);
  }

  @Test
  void givesBackWhatItTookAndTouchesNothingElse() {
    try (Plan plan = FAKE.engine().compile(graph(), config("0"))) {
      assertThat(FAKE.held()).isPositive();
      assertThat(plan.summary().arenaBytes()).isPositive();
      gradient(plan);
    }
    assertThat(FAKE.held()).isZero();
    assertThat(FAKE.faults()).isZero();
  }

  /** 60 images of 8x8 are more output pixels than one slice of a sum over them. */
  static PlanConfig config(String device) {
    return new PlanConfig(BATCH, 1, Purpose.TRAINING, 1, SIDE, SIDE, cuda()).onDevice(device);
  }

  private static PlanConfig configAt(Precision precision) {
    EngineConfig engine = new EngineConfig(Choice.CUDA, precision);
    return new PlanConfig(BATCH, 1, Purpose.TRAINING, 1, SIDE, SIDE, engine).onDevice("0");
  }

  private static EngineConfig cuda() {
    return new EngineConfig(Choice.CUDA, Precision.FP32);
  }

  static ComputationGraphConfiguration graph() {
    return graph(0.5);
  }

  private static ComputationGraphConfiguration graph(double kept) {
    return new NeuralNetConfiguration.Builder()
        .seed(1)
        .graphBuilder()
        .addInputs("in")
        .setInputTypes(InputType.convolutional(SIDE, SIDE, 1))
        .addLayer("conv", new ConvolutionLayer.Builder(3, 3).padding(1, 1).nOut(5).build(), "in")
        .addLayer(
            "norm", new BatchNormalization.Builder().activation(Activation.RELU).build(), "conv")
        .addLayer("pool", new SubsamplingLayer.Builder().kernelSize(2, 2).build(), "norm")
        .addLayer(
            "out",
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .dropOut(kept)
                .build(),
            "pool")
        .setOutputs("out")
        .build();
  }

  private static float[] gradient(Plan plan) {
    return gradient(plan, features());
  }

  private static float[] gradient(Plan plan, INDArray images) {
    ComputationGraph network = new ComputationGraph(graph());
    network.init();
    INDArray parameters = network.params().dup('c').reshape(1, network.numParams());
    INDArray gradient = Nd4j.valueArrayOf(parameters.shape(), Float.NaN, DataType.FLOAT);
    plan.gradient(parameters, images, labels(), gradient, 7);
    float[] values = gradient.data().asFloat();
    assertThat(values).doesNotContain(Float.NaN);
    return values;
  }

  static INDArray features() {
    Nd4j.getRandom().setSeed(3);
    return Nd4j.rand(DataType.FLOAT, BATCH, 1, SIDE, SIDE);
  }

  static INDArray labels() {
    INDArray labels = Nd4j.zeros(DataType.FLOAT, BATCH, CLASSES);
    for (int i = 0; i < BATCH; i++) {
      labels.putScalar(i, i % CLASSES, 1);
    }
    return labels;
  }
}
