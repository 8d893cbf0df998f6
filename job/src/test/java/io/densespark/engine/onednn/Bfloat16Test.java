package io.densespark.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.EngineConfig.Choice;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.onednn.Nets.Chain;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Images in bfloat16 beside DL4J in double. A value rounded to 8 bits of mantissa is off by up to
 * 2^-9 of itself. Where the processor has no bfloat16 every test asserts the refusal instead.
 */
class Bfloat16Test {
  private static final double ROUNDING = 0x1p-9;

  /** A net around a layer rounds about a dozen times forward and as often backward. */
  private static final double LAYER_TOLERANCE = 24 * ROUNDING;

  /** A probability is off by that of the logits, which the forward pass alone rounds. */
  private static final double INFERENCE_TOLERANCE = 12 * ROUNDING;

  private static final int DESCENT_STEPS = 30;

  /** Rounding changes which value of a window is the largest, and so where its gradient goes. */
  private static boolean poolsMaxima(Arguments test) {
    return ((String) test.get()[0]).startsWith("max");
  }

  static Stream<Arguments> layersWithSmoothGradients() {
    return LayerTest.layers().filter(test -> !poolsMaxima(test));
  }

  /** What inference computes otherwise than training, and what the gradients leave out. */
  static Stream<Arguments> layersOfInference() {
    return LayerTest.layers()
        .filter(test -> poolsMaxima(test) || ((String) test.get()[0]).startsWith("norm"));
  }

  private static Comparison net(int images, int[] input, UnaryOperator<Chain> middle) {
    Chain net = new Chain(input[0], input[1], input[2]);
    middle.apply(net.conv(17, 3, 1, 1));
    net.conv(6, 1, 1, 0);
    return new Comparison(net.poolAndClassify(), images, input[0], input[1], input[2]);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layersWithSmoothGradients")
  void gradientAgreesWithDl4jInDouble(
      String title, int images, int[] input, UnaryOperator<Chain> middle) {
    Comparison net = net(images, input, middle);
    withPlan(
        net, Purpose.TRAINING, plan -> net.assertAgrees(title, net.byPlan(plan), LAYER_TOLERANCE));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layersOfInference")
  void inferenceAgreesWithDl4jInDouble(
      String title, int images, int[] input, UnaryOperator<Chain> middle) {
    Comparison net = net(images, input, middle);
    withPlan(
        net,
        Purpose.INFERENCE,
        plan -> {
          INDArray expected = net.inferByDl4j(DataType.DOUBLE);
          INDArray actual = net.inferByPlan(plan).castTo(DataType.DOUBLE);
          double error = actual.sub(expected).amaxNumber().doubleValue();
          System.out.printf(
              Locale.ROOT, "%-44s off by %.1e of %.1e%n", title, error, INFERENCE_TOLERANCE);
          assertThat(error).isLessThan(INFERENCE_TOLERANCE);
        });
  }

  /** So many bytes that they change their layout a few images at a time, where they have to. */
  @Test
  void largeImagesAgreeWithDl4jInDouble() {
    Comparison net =
        net(8, new int[] {3, 40, 40}, chain -> chain.conv(64, 3, 1, 1).conv(48, 1, 1, 0));
    withPlan(
        net,
        Purpose.TRAINING,
        plan -> net.assertAgrees("large images", net.byPlan(plan), LAYER_TOLERANCE));
  }

  @ParameterizedTest
  @CsvSource({"64, 144, 8", "64, 36, 4", "64, 196, 16", "128, 9, 4", "3, 100, 3", "7, 1, 7"})
  void neighbouringImagesAreOneRowOfPixels(int images, int pixels, int rows) {
    assertThat(ConvolutionDescriptions.rows(images, pixels)).isEqualTo(rows);
  }

  @Test
  void repeatsItselfBitForBit() {
    Comparison net = denseNet();
    withPlan(
        net,
        Purpose.TRAINING,
        plan ->
            assertThat(net.byPlan(plan).gradient().toFloatVector())
                .isEqualTo(net.byPlan(plan).gradient().toFloatVector()));
  }

  @Test
  void descendsAsFloat32Does() {
    Comparison net = denseNet();
    withPlan(
        net,
        Purpose.TRAINING,
        plan -> {
          double before = net.byPlan(plan).loss();
          double reduced = descend(net, plan);
          try (Plan full = new OneDnnEngine().compile(net.configuration, net.config)) {
            double exact = descend(net, full);
            System.out.printf(
                Locale.ROOT,
                "loss %.4f falls to %.4f in bfloat16, %.4f in float32%n",
                before,
                reduced,
                exact);
            assertThat(exact).isLessThan(0.6 * before);
            assertThat(reduced).isCloseTo(exact, within(LAYER_TOLERANCE * before));
          }
        });
  }

  private static Comparison denseNet() {
    return new Comparison(
        Nets.denseNet(1, 8, 24, 12, new int[] {2, 2}, true, Activation.RELU), 8, 1, 8, 8);
  }

  /** Loss after plain gradient steps from the net's first parameters. */
  private static double descend(Comparison net, Plan plan) {
    INDArray parameters = net.parameters.dup();
    INDArray gradient = parameters.dup();
    double loss = Double.NaN;
    for (int step = 0; step < DESCENT_STEPS; step++) {
      loss = plan.gradient(parameters, net.features, net.labels, gradient, 1);
      parameters.subi(gradient.mul(0.1 / net.features.size(0)));
    }
    return loss;
  }

  private static void withPlan(Comparison net, Purpose purpose, Consumer<Plan> test) {
    PlanConfig c = net.config;
    PlanConfig config =
        new PlanConfig(
            c.batchSize(),
            1,
            purpose,
            c.channels(),
            c.height(),
            c.width(),
            new EngineConfig(Choice.ONEDNN, Precision.BF16));
    if (!Library.load().hasBfloat16()) {
      assertThatThrownBy(() -> new OneDnnEngine().compile(net.configuration, config))
          .isInstanceOf(EngineUnavailableException.class)
          .hasMessageContaining("AVX512_BF16");
      return;
    }
    try (Plan plan = new OneDnnEngine().compile(net.configuration, config)) {
      test.accept(plan);
    }
  }
}
