package io.densespark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.text.Text;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

class DenseNetGraphTest {

  /** Two blocks of two layers on images of 8x8, small enough for DL4J to train in a moment. */
  static final DenseNetSpec TINY =
      Specs.with(
          DenseNetPresets.named("densenet-bc"),
          Map.of(
              "name",
              "tiny",
              "classes",
              3,
              "stem",
              new DenseNetSpec.Stem(6, 3, 1, true, false),
              "growthRate",
              4,
              "blockLayers",
              List.of(2, 2)));

  @Test
  void blockAddsGrowthAndTransitionHalvesTheImage() {
    DenseNetSpec spec =
        Specs.with(
            TINY,
            Map.of(
                "stem",
                new DenseNetSpec.Stem(5, 1, 1, false, false),
                "growthRate",
                10,
                "blockLayers",
                List.of(4, 1),
                "bottleneckFactor",
                0,
                "compression",
                0.23));
    Map<String, INDArray> outputs =
        network(spec, 1, 22, 22).feedForward(images(4, 1, 22, 22), false);
    assertThat(outputs.get("stem-conv").shape()).containsExactly(4, 5, 22, 22);
    assertThat(outputs.get("block1-concat").shape()).containsExactly(4, 45, 22, 22);
    assertThat(outputs.get("transition1-pool").shape()).containsExactly(4, 10, 11, 11);
  }

  @ParameterizedTest
  @CsvSource({
    "tutorial, block1, 4",
    "densenet-bc, block3, 4",
    "densenet-121, block3, 24",
    "densenet-264, block3, 64"
  })
  void blockHasAConnectionForEveryPairOfLayers(String preset, String block, int layers) {
    ComputationGraphConfiguration graph = configuration(DenseNetPresets.named(preset), 1, 224, 224);
    Map<String, List<String>> inputs = graph.getVertexInputs();
    int connections = 0;
    for (int n = 1; n <= layers; n++) {
      List<String> read = inputs.get(Text.format("%s-layer%d-concat", block, n));
      connections += read == null ? 1 : read.size();
    }
    assertThat(connections).isEqualTo(layers * (layers + 1) / 2);
    assertThat(inputs).doesNotContainKey(Text.format("%s-layer%d-concat", block, layers + 1));
  }

  /** At 48x48 the sides are 24, 12, 12, 6, 3 and 1: odd sizes lose their last row and column. */
  @Test
  void sidesOfTheTutorialsNetAreRoundedDown() {
    ModelSummary summary =
        ModelSummary.of(configuration(DenseNetPresets.named("tutorial"), 1, 48, 48), 1, 48, 48);
    assertThat(shape(summary, "stem-conv")).containsExactly(64L, 24L, 24L);
    assertThat(shape(summary, "stem-pool")).containsExactly(64L, 12L, 12L);
    assertThat(shape(summary, "transition1-pool")).containsExactly(96L, 6L, 6L);
    assertThat(shape(summary, "transition2-pool")).containsExactly(112L, 3L, 3L);
    assertThat(shape(summary, "transition3-pool")).containsExactly(120L, 1L, 1L);
    assertThat(shape(summary, "block4-concat")).containsExactly(248L, 1L, 1L);
    assertThat(shape(summary, "final-pool")).containsExactly(248L);
    assertThat(shape(summary, "classifier")).containsExactly(10L);
  }

  @ParameterizedTest
  @CsvSource({"tutorial, 29", "densenet-bc-40-12, 4", "densenet-201, 29"})
  void smallestImageIsTheSmallestThatWorks(String preset, int side) {
    DenseNetSpec spec = DenseNetPresets.named(preset);
    assertThat(spec.minimumImageSide()).isEqualTo(side);
    assertThatCode(() -> configuration(spec, 1, side, side)).doesNotThrowAnyException();
    assertThatThrownBy(() -> configuration(spec, 1, side, side - 1))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(
            preset,
            Text.format("transition%d-pool", spec.blockLayers().size() - 1),
            Text.format("%dx%d", side, side - 1),
            Text.format("at least %dx%d", side, side));
  }

  @ParameterizedTest
  @CsvSource({"0, 48, 48", "1, 0, 48", "1, 48, -1"})
  void emptyImagesAreRefused(int channels, int height, int width) {
    assertThatThrownBy(() -> configuration(TINY, channels, height, width))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(Text.format("%dx%dx%d", channels, height, width));
  }

  @Test
  void negativeL2IsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DenseNetGraph.configuration(TINY, 1, 8, 8, new Sgd(0.1), -1e-4, 1))
        .withMessageContaining("-1.0E-4");
  }

  @Test
  void everyBatchNormIsFollowedByAReluOfItsOwn() {
    ComputationGraph network = network(TINY, 1, 8, 8);
    // In training, where batch statistics centre every channel.
    Map<String, INDArray> outputs = network.feedForward(images(4, 1, 8, 8), true);
    Map<String, List<String>> inputs = network.getConfiguration().getVertexInputs();
    List<String> norms = layersOf(network.getConfiguration(), BatchNormalization.class);
    assertThat(norms).hasSize(1 + 2 * 2 * 2 + 1 + 1);
    for (String norm : norms) {
      String relu = norm.replaceAll("-norm$", "-relu");
      assertThat(inputs.get(relu)).containsExactly(norm);
      assertThat(outputs.get(norm).minNumber().doubleValue()).isNegative();
      assertThat(outputs.get(relu).minNumber().doubleValue()).isZero();
      assertThat(outputs.get(relu).maxNumber().doubleValue()).isPositive();
    }
    assertThat(inputs.values().stream().flatMap(List::stream).filter(norms::contains))
        .as("nothing but its ReLU reads a batch norm")
        .hasSameSizeAs(norms);
  }

  @Test
  void l2AppliesToWeightsAndToNothingElse() {
    DenseNetSpec spec = Specs.with(TINY, Map.of("convolutionBias", true));
    ComputationGraph network =
        new ComputationGraph(DenseNetGraph.configuration(spec, 1, 8, 8, new Sgd(0.1), 1e-4, 1));
    network.init();
    network
        .paramTable()
        .keySet()
        .forEach(
            key -> {
              int end = key.lastIndexOf('_');
              BaseLayer layer =
                  (BaseLayer) layer(network.getConfiguration(), key.substring(0, end));
              String parameter = key.substring(end + 1);
              var regularization = layer.getRegularizationByParam(parameter);
              if (parameter.equals("W")) {
                assertThat(regularization).as(key).hasSize(1);
              } else {
                assertThat(regularization).as(key).isNullOrEmpty();
              }
            });
  }

  @Test
  void dropoutFollowsEveryConvolutionButTheFirst() {
    ComputationGraphConfiguration graph =
        configuration(Specs.with(TINY, Map.of("dropout", 0.2)), 1, 8, 8);
    List<String> dropped =
        layersOf(graph, DropoutLayer.class).stream()
            .map(name -> graph.getVertexInputs().get(name).get(0))
            .toList();
    List<String> convolutions = layersOf(graph, ConvolutionLayer.class);
    assertThat(convolutions).startsWith("stem-conv");
    assertThat(dropped).isEqualTo(convolutions.subList(1, convolutions.size()));
    assertThat(layersOf(configuration(TINY, 1, 8, 8), DropoutLayer.class)).isEmpty();
  }

  @Test
  void configurationSurvivesJsonAndHoldsNoClassOfOurs() {
    ComputationGraphConfiguration graph =
        configuration(Specs.with(TINY, Map.of("dropout", 0.1)), 1, 8, 8);
    String json = graph.toJson();
    assertThat(ComputationGraphConfiguration.fromJson(json)).isEqualTo(graph);
    assertThat(Pattern.compile("\"@class\"\\s*:\\s*\"([^\"]+)\"").matcher(json).results())
        .isNotEmpty()
        .allSatisfy(m -> assertThat(m.group(1)).matches("org\\.(deeplearning4j|nd4j)\\..*"));
  }

  @ParameterizedTest
  @MethodSource("io.densespark.model.DenseNetPresets#names")
  void everyPresetConvolvesWithoutBiasUnlessAsked(String preset) {
    DenseNetSpec spec = DenseNetPresets.named(preset);
    ComputationGraphConfiguration plain = configuration(spec, 3, 64, 64);
    DenseNetSpec biased = Specs.with(spec, Map.of("convolutionBias", true));
    long outputs =
        layersOf(plain, ConvolutionLayer.class).stream()
            .mapToLong(name -> ((ConvolutionLayer) layer(plain, name)).getNOut())
            .sum();
    assertThat(
            ModelSummary.of(configuration(biased, 3, 64, 64), 3, 64, 64).parameters()
                - ModelSummary.of(plain, 3, 64, 64).parameters())
        .isEqualTo(outputs);
  }

  static ComputationGraphConfiguration configuration(
      DenseNetSpec spec, int channels, int height, int width) {
    return DenseNetGraph.configuration(spec, channels, height, width, new Sgd(0.1), 0, 1);
  }

  static ComputationGraph network(DenseNetSpec spec, int channels, int height, int width) {
    ComputationGraph network = new ComputationGraph(configuration(spec, channels, height, width));
    network.init();
    return network;
  }

  static INDArray images(long... shape) {
    Random random = new Random(3);
    float[] values = new float[(int) ArrayUtil.prodLong(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }

  private static List<Long> shape(ModelSummary summary, String layer) {
    return summary.layers().stream()
        .filter(row -> row.name().equals(layer))
        .findFirst()
        .orElseThrow()
        .outputShape();
  }

  private static List<String> layersOf(ComputationGraphConfiguration graph, Class<?> type) {
    return graph.getVertices().keySet().stream()
        .filter(name -> type.isInstance(layer(graph, name)))
        .toList();
  }

  private static Layer layer(ComputationGraphConfiguration graph, String name) {
    return graph.getVertices().get(name) instanceof LayerVertex vertex
        ? vertex.getLayerConf().getLayer()
        : null;
  }
}
