package io.densespark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelSummaryTest {

  /**
   * Published figures for 3 channels, 1,000 classes and 224x224: the parameters of torchvision's
   * and Keras's nets, and torchvision's multiply-adds in billions, to its two decimals.
   */
  @ParameterizedTest
  @CsvSource({
    "densenet-121, 7978856, 2.83",
    "densenet-161, 28681000, 7.73",
    "densenet-169, 14149480, 3.36",
    "densenet-201, 20013928, 4.29"
  })
  void countsAgreeWithPublishedOnesForImageNet(String preset, long trainable, double gigaMacs) {
    DenseNetSpec spec = Specs.with(DenseNetPresets.named(preset), Map.of("classes", 1000));
    ModelSummary summary = summary(spec, 3, 224);
    assertThat(summary.trainableParameters()).isEqualTo(trainable);
    assertThat(summary.forwardFlops() / 2e9).isCloseTo(gigaMacs, within(0.005));
  }

  /**
   * The paper's Table 2 in millions (0.8 and 25.6), the first to three decimals as others count.
   */
  @ParameterizedTest
  @CsvSource({"densenet-bc-100-12, 0.769, 0.0005", "densenet-bc-190-40, 25.6, 0.05"})
  void countsAgreeWithThePaperForCifar(String preset, double millions, double rounding) {
    ModelSummary summary = summary(DenseNetPresets.named(preset), 3, 32);
    assertThat(summary.trainableParameters() / 1e6).isCloseTo(millions, within(rounding));
  }

  /** By hand: stem 64, blocks of 4 layers, 757,322 weights, and two statistics per norm channel. */
  @Test
  void tutorialsNetHasItsKnownParameters() {
    ModelSummary summary = summary(DenseNetPresets.named("tutorial"), 1, 48);
    assertThat(summary.trainableParameters()).isEqualTo(757_322);
    assertThat(summary.parameters()).isEqualTo(763_930);
  }

  /**
   * Multiply-adds by hand, places times weights: stem, then blocks and transitions on 12x12, 6x6,
   * 3x3 and 1x1, then the classifier.
   */
  @Test
  void arithmeticOfTheTutorialsNetAddsUp() {
    long multiplyAdds =
        24 * 24 * (7 * 7 * 64)
            + 12 * 12 * (9 * 32 * (64 + 96 + 128 + 160) + 192 * 96)
            + 6 * 6 * (9 * 32 * (96 + 128 + 160 + 192) + 224 * 112)
            + 3 * 3 * (9 * 32 * (112 + 144 + 176 + 208) + 240 * 120)
            + 9 * 32 * (120 + 152 + 184 + 216)
            + 248 * 10;
    ModelSummary summary = summary(DenseNetPresets.named("tutorial"), 1, 48);
    assertThat(summary.forwardFlops()).isEqualTo(2 * multiplyAdds);
    assertThat(summary.trainingFlops()).isEqualTo(6 * multiplyAdds);
  }

  @Test
  void arithmeticOfDenseNetBcAddsUp() {
    long convolutions3x3 = 4 * 9 * 128 * 32;
    long multiplyAdds =
        24 * 24 * (7 * 7 * 64)
            + 12 * 12 * (128 * (64 + 96 + 128 + 160) + convolutions3x3 + 192 * 96)
            + 6 * 6 * (128 * (96 + 128 + 160 + 192) + convolutions3x3 + 224 * 112)
            + 3 * 3 * (128 * (112 + 144 + 176 + 208) + convolutions3x3 + 240 * 120)
            + 128 * (120 + 152 + 184 + 216)
            + convolutions3x3
            + 248 * 10;
    assertThat(summary(DenseNetPresets.named("densenet-bc"), 1, 48).forwardFlops())
        .isEqualTo(2 * multiplyAdds);
  }

  @Test
  void parametersAreThoseThatDl4jAllocates() {
    DenseNetSpec spec = Specs.with(DenseNetGraphTest.TINY, Map.of("convolutionBias", true));
    ModelSummary summary = summary(spec, 2, 8);
    assertThat(summary.parameters())
        .isEqualTo(DenseNetGraphTest.network(spec, 2, 8, 8).numParams());
  }

  @Test
  void countingLeavesTheGraphAsItWas() {
    ComputationGraphConfiguration graph =
        DenseNetGraphTest.configuration(DenseNetGraphTest.TINY, 1, 8, 8);
    String before = graph.toJson();
    ModelSummary.of(graph, 3, 16, 16);
    assertThat(graph.toJson()).isEqualTo(before);
  }

  @Test
  void everyLayerIsCounted() {
    ModelSummary summary = summary(DenseNetPresets.named("tutorial"), 1, 48);
    ModelSummary.Row stem =
        summary.layers().stream()
            .filter(row -> row.name().equals("stem-conv"))
            .findAny()
            .orElseThrow();
    assertThat(stem)
        .isEqualTo(
            new ModelSummary.Row(
                "stem-conv", "ConvolutionLayer", List.of(64L, 24L, 24L), 3136, 3136, 3_612_672));
    assertThat(summary.parameters()).isEqualTo(763_930);
    assertThat(summary.trainableParameters()).isEqualTo(757_322);
  }

  private static ModelSummary summary(DenseNetSpec spec, int channels, int side) {
    return ModelSummary.of(
        DenseNetGraphTest.configuration(spec, channels, side, side), channels, side, side);
  }
}
