package io.densespark.model;

import static io.densespark.model.DenseNetGraphTest.TINY;
import static io.densespark.model.DenseNetGraphTest.images;
import static io.densespark.model.DenseNetGraphTest.network;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

/** What a net computes: the values it starts from, drops, gives and learns. */
class DenseNetValuesTest {

  @Test
  void dropoutDropsTheShareItIsGivenAndScalesTheRest() {
    // DL4J drops in place, so what went in is taken from the same net without dropout.
    float[] before = firstBottleneck(TINY, "conv");
    float[] after = firstBottleneck(Specs.with(TINY, Map.of("dropout", 0.2)), "dropout");
    int live = 0;
    int kept = 0;
    for (int i = 0; i < before.length; i++) {
      live += before[i] != 0 ? 1 : 0;
      if (after[i] != 0) {
        kept++;
        assertThat(after[i] / before[i]).isCloseTo(1.25f, within(1e-5f));
      }
    }
    assertThat((double) kept / live).isCloseTo(0.8, within(0.01));
  }

  @Test
  void convolutionsStartFromHesNormalDistribution() {
    ComputationGraph network = network(DenseNetPresets.named("densenet-bc"), 1, 48, 48);
    INDArray weights = network.getParam("block4-layer4-conv_W");
    assertThat(weights.shape()).containsExactly(32, 128, 3, 3);
    assertThat(weights.stdNumber().doubleValue())
        .isCloseTo(Math.sqrt(2.0 / (128 * 9)), within(0.02 * Math.sqrt(2.0 / (128 * 9))));
    assertThat(weights.meanNumber().doubleValue()).isCloseTo(0, within(1e-3));
  }

  /** MXNet's init.Xavier(): uniform, factor (fan-in + fan-out) / 2, magnitude 3. */
  @ParameterizedTest
  @CsvSource({
    "stem-conv_W, 49, 3136",
    "block4-layer4-conv_W, 1152, 288",
    "transition1-conv_W, 192, 96",
    "classifier_W, 248, 10"
  })
  void xavierIsUniformOverTheMeanOfTheFans(String parameter, int fanIn, int fanOut) {
    DenseNetSpec spec =
        Specs.with(
            DenseNetPresets.named("densenet-bc"),
            Map.of("initialisation", DenseNetSpec.Initialisation.XAVIER));
    INDArray weights = network(spec, 1, 48, 48).getParam(parameter);
    double bound = Math.sqrt(3 / ((fanIn + fanOut) / 2.0));

    assertThat(weights.maxNumber().doubleValue()).isBetween(0.98 * bound, bound);
    assertThat(weights.minNumber().doubleValue()).isBetween(-bound, -0.98 * bound);
    assertThat(weights.stdNumber().doubleValue())
        .isCloseTo(bound / Math.sqrt(3), within(0.04 * bound));
  }

  @Test
  void theSameSeedGivesTheSameParameters() {
    INDArray first = initialised(1).params();
    assertThat(initialised(1).params()).isEqualTo(first);
    assertThat(initialised(2).params()).isNotEqualTo(first);
  }

  @Test
  void outputRowsSumToOne() {
    INDArray output = network(TINY, 2, 9, 8).outputSingle(images(5, 2, 9, 8));
    assertThat(output.shape()).containsExactly(5, 3);
    assertThat(output.sum(1).toFloatVector()).satisfies(rows -> assertClose(rows, 1));
  }

  @Test
  void trainingReducesTheLoss() {
    ComputationGraph network =
        new ComputationGraph(
            DenseNetGraph.configuration(TINY, 1, 8, 8, new Nesterovs(0.05, 0.9), 1e-4, 7));
    network.init();
    INDArray labels = Nd4j.eye(3).castTo(DataType.FLOAT).repeat(0, 4);
    DataSet batch = new DataSet(images(12, 1, 8, 8), labels);
    double before = network.score(batch);
    for (int step = 0; step < 15; step++) {
      network.fit(batch);
    }
    assertThat(network.score(batch, true)).isLessThan(0.5 * before);
  }

  private static ComputationGraph initialised(long seed) {
    ComputationGraph network =
        new ComputationGraph(DenseNetGraph.configuration(TINY, 1, 8, 8, new Sgd(0.1), 0, seed));
    network.init();
    return network;
  }

  /** In training, flattened. */
  private static float[] firstBottleneck(DenseNetSpec spec, String layer) {
    ComputationGraph network = network(spec, 1, 8, 8);
    Map<String, INDArray> outputs = network.feedForward(images(64, 1, 8, 8), true);
    return outputs.get("block1-layer1-bottleneck-" + layer).dup('c').data().asFloat();
  }

  private static void assertClose(float[] values, double expected) {
    for (float value : values) {
      assertThat((double) value).isCloseTo(expected, within(1e-6));
    }
  }
}
