package io.densespark.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.densespark.engine.Plan;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Slice;
import io.densespark.engine.graph.Window;
import io.densespark.engine.plan.ChannelMap;
import io.densespark.engine.plan.Element;
import io.densespark.engine.plan.PlanOptions;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.text.Text;
import java.util.Locale;
import java.util.Optional;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Convolutions of the shape for which Winograd's algorithm is chosen. */
class WinogradTest {
  private static final double TOLERANCE = 1e-4;
  private static final double ROUNDING = 2e-5;
  private static final PlanOptions DIRECT =
      PlanOptions.all().without(PlanOptions.Optimization.WINOGRAD);

  private static Comparison net(int stem, int growth, int images) {
    ComputationGraphConfiguration block =
        Nets.denseNet(1, 12, stem, growth, new int[] {3}, false, Activation.TANH);
    return new Comparison(block, images, 1, 12, 12);
  }

  @ParameterizedTest(name = "{2} images, stem {0}, growth rate {1}")
  @CsvSource({"64, 32, 8", "64, 32, 24", "60, 27, 16"})
  void agreesWithDl4jInDouble(int stem, int growth, int images) {
    net(stem, growth, images)
        .assertAgrees(Text.format("%d images, %d + %d", images, stem, growth), TOLERANCE);
  }

  @Test
  void differsFromDirectByRoundingAlone() {
    assumeThat(Library.load().block()).as("channels per block: AVX-512").isEqualTo(16);
    Comparison net = net(64, 32, 16);
    try (Plan winograd = new OneDnnEngine().compile(net.configuration, net.config);
        Plan direct = new OneDnnEngine(DIRECT).compile(net.configuration, net.config)) {
      INDArray expected = net.byPlan(direct).gradient();
      double gradient = Comparison.distance(net.byPlan(winograd).gradient(), expected);
      double inference = Comparison.distance(net.inferByPlan(winograd), net.inferByPlan(direct));
      System.out.printf(
          Locale.ROOT,
          "winograd: gradient %.1e, inference %.1e of %.0e%n",
          gradient,
          inference,
          ROUNDING);
      assertThat(gradient).as("used at all").isPositive().isLessThan(ROUNDING);
      assertThat(inference).isLessThan(ROUNDING);
    }
  }

  /** oneDNN has no Winograd kernel for other types, so both sides count. */
  @Test
  void isChosenForFloat32OnBothSidesOnly() {
    Op.Convolution op =
        Op.Convolution.plain(
            64,
            32,
            new Window(3, 3, 1, 1, 1, 1, 1, 1, 1, 1),
            new Slice(0, 64 * 32 * 9),
            Optional.empty());
    Image src = new Image(0, 0, ChannelMap.of(64, 1), 8, 12, 12, 16, Element.FLOAT32);
    Image dst = new Image(1, 0, ChannelMap.of(32, 1), 8, 12, 12, 16, Element.FLOAT32);

    assertThat(KernelChooser.winogradWins(op, src, dst)).isTrue();
    assertThat(KernelChooser.winogradWins(op, src.as(Element.BFLOAT16), dst)).isFalse();
    assertThat(KernelChooser.winogradWins(op, src, dst.as(Element.BFLOAT16))).isFalse();
  }

  @Test
  void twoPlansComputeTheSameBits() {
    Comparison net = net(64, 32, 16);
    assertThat(net.byEngine(PlanOptions.all()).gradient().toFloatVector())
        .isEqualTo(net.byEngine(PlanOptions.all()).gradient().toFloatVector());
  }
}
