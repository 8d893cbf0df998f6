package io.densespark.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.plan.PlanOptions;
import java.util.Locale;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Whole DenseNets beside DL4J: gradients, inference, partial batches. */
class WholeNetTest {

  static Stream<Arguments> nets() {
    return Stream.of(
        Arguments.of("growth 12", net(16, 12, new int[] {2, 3}, false)),
        Arguments.of("growth 12, bottleneck", net(24, 12, new int[] {2, 2, 2}, true)),
        Arguments.of("growth 5 from 7", net(7, 5, new int[] {3, 3}, false)),
        Arguments.of("120, 152, 184, 216 channels", net(120, 32, new int[] {3}, false)),
        Arguments.of("216 compressed to 108", net(120, 32, new int[] {3, 2}, true)));
  }

  private static ComputationGraphConfiguration net(
      int stem, int growth, int[] blocks, boolean bottleneck) {
    return Nets.denseNet(1, 8, stem, growth, blocks, bottleneck, Activation.TANH);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nets")
  void gradientAgreesInDouble(String title, ComputationGraphConfiguration net) {
    new Comparison(net, 4, 1, 8, 8).assertAgrees(title, 1e-4);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nets")
  void inferenceAgrees(String title, ComputationGraphConfiguration net) {
    Comparison comparison = new Comparison(net, 4, 1, 8, 8);
    INDArray expected = comparison.inferByDl4j(DataType.DOUBLE);
    for (PlanOptions options : new PlanOptions[] {PlanOptions.all(), PlanOptions.none()}) {
      try (Plan plan = inferencePlan(comparison, options)) {
        INDArray actual = comparison.inferByPlan(plan).castTo(DataType.DOUBLE);
        double error = actual.sub(expected).amaxNumber().doubleValue();
        System.out.printf(Locale.ROOT, "%-44s inference off by %.1e of 1e-4%n", title, error);
        assertThat(error).isLessThan(1e-4);
      }
    }
  }

  private static Plan inferencePlan(Comparison comparison, PlanOptions options) {
    PlanConfig c = comparison.config;
    return new OneDnnEngine(options)
        .compile(
            comparison.configuration,
            new PlanConfig(
                c.batchSize(),
                1,
                Purpose.INFERENCE,
                c.channels(),
                c.height(),
                c.width(),
                EngineConfig.defaults()));
  }

  @Test
  void lossOfReluNetAgreesAndItsGradientDoesToTheirRounding() {
    Comparison net =
        new Comparison(
            Nets.denseNet(3, 8, 16, 12, new int[] {3, 3}, true, Activation.RELU), 8, 3, 8, 8);
    Comparison.Result ours = net.byEngine(PlanOptions.all());
    Comparison.Result exact = net.byDl4j(DataType.DOUBLE);
    Comparison.Result single = net.byDl4j(DataType.FLOAT);
    double theirError =
        Comparison.distance(single.gradient().castTo(DataType.DOUBLE), exact.gradient());
    double ourError =
        Comparison.distance(ours.gradient().castTo(DataType.DOUBLE), exact.gradient());
    System.out.printf(
        Locale.ROOT, "relu net: off by %.1e, DL4J in float by %.1e%n", ourError, theirError);
    assertThat(ours.loss()).isCloseTo(exact.loss(), org.assertj.core.data.Offset.offset(1e-5));
    assertThat(ourError).isLessThan(1e-2);
  }

  @Test
  void trainingPlanInfersToo() {
    Comparison net = new Comparison(net(16, 12, new int[] {2, 2}, true), 4, 1, 8, 8);
    INDArray expected = net.inferByDl4j(DataType.DOUBLE);
    try (Plan plan = new OneDnnEngine().compile(net.configuration, net.config)) {
      Comparison.Result before = net.byPlan(plan);
      INDArray actual = net.inferByPlan(plan).castTo(DataType.DOUBLE);
      assertThat(actual.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-4);
      assertThat(net.byPlan(plan).gradient().toFloatVector())
          .isEqualTo(before.gradient().toFloatVector());
    }
  }

  @Test
  void partialBatchesHaveTheirOwnStatistics() {
    ComputationGraphConfiguration net = net(16, 12, new int[] {2, 2}, false);
    Comparison full = new Comparison(net, 7, 1, 8, 8);
    try (Plan plan = new OneDnnEngine().compile(net, full.config)) {
      for (int images : new int[] {7, 2, 1, 2, 7, 6}) {
        Comparison part = new Comparison(net, images, 1, 8, 8);
        Comparison.Result expected = part.byDl4j(DataType.DOUBLE);
        Comparison.Result actual = part.byPlan(plan);
        assertThat(actual.loss())
            .isCloseTo(expected.loss(), org.assertj.core.data.Offset.offset(1e-5));
        double error =
            Comparison.distance(actual.gradient().castTo(DataType.DOUBLE), expected.gradient());
        assertThat(error).as(images + " images").isLessThan(1e-4);
      }
    }
  }

  @Test
  void unsignedBytesAreScaledToOne() {
    Comparison net = new Comparison(net(16, 12, new int[] {2, 2}, false), 4, 1, 8, 8);
    INDArray bytes = net.features.mul(255).castTo(DataType.UINT8);
    net.features.assign(bytes.castTo(DataType.FLOAT).divi(255));
    try (Plan plan = new OneDnnEngine().compile(net.configuration, net.config)) {
      Comparison.Result floats = net.byPlan(plan);
      INDArray gradient = Nd4j.create(DataType.FLOAT, net.parameters.shape());
      double loss = plan.gradient(net.parameters, bytes, net.labels, gradient, 1);
      assertThat(loss).isCloseTo(floats.loss(), org.assertj.core.data.Offset.offset(1e-5));
      assertThat(Comparison.distance(gradient, floats.gradient())).isLessThan(1e-4);
    }
  }
}
