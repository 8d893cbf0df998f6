package io.densespark.engine.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.engine.UnsupportedGraphException;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.dropout.GaussianDropout;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class GraphReaderTest {
  private static final Shape.Image INPUT = new Shape.Image(2, 8, 8);

  private static GraphBuilder start() {
    return new NeuralNetConfiguration.Builder()
        .graphBuilder()
        .addInputs("in")
        .setInputTypes(InputType.convolutional(8, 8, 2))
        .addLayer("stem", conv(4).build(), "in");
  }

  private static ConvolutionLayer.Builder conv(int out) {
    return new ConvolutionLayer.Builder(3, 3).nOut(out).activation(Activation.IDENTITY);
  }

  private static ComputationGraphConfiguration finish(GraphBuilder graph, String last) {
    return graph
        .addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), last)
        .addLayer("out", output(Activation.SOFTMAX, LossFunction.MCXENT), "pool")
        .setOutputs("out")
        .build();
  }

  private static OutputLayer output(Activation activation, LossFunction loss) {
    return new OutputLayer.Builder(loss).nOut(3).activation(activation).build();
  }

  private static ComputationGraphConfiguration with(Layer layer) {
    return finish(start().addLayer("odd", layer, "stem"), "odd");
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("LocalResponseNormalization", with(new LocalResponseNormalization())),
        Arguments.of("Deconvolution2D", with(new Deconvolution2D.Builder(2, 2).nOut(2).build())),
        Arguments.of("activation", with(conv(2).activation(Activation.CUBE).build())),
        Arguments.of("GELU", with(activation(new ActivationGELU(true)))),
        Arguments.of("ELU", with(activation(new ActivationELU(0.5)))),
        Arguments.of("GaussianDropout", with(conv(2).dropOut(new GaussianDropout(0.3)).build())),
        Arguments.of("weight noise", with(conv(2).weightNoise(new DropConnect(0.5)).build())),
        Arguments.of(
            "locked at 2.0 and 0.0",
            with(new BatchNormalization.Builder().lockGammaBeta(true).gamma(2).beta(0).build())),
        Arguments.of(
            "PNORM",
            with(
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.PNORM).pnorm(2).build())),
        Arguments.of(
            "ScaleVertex", finish(start().addVertex("odd", new ScaleVertex(2), "stem"), "odd")),
        Arguments.of(
            "Product",
            finish(
                start()
                    .addVertex(
                        "odd", new ElementWiseVertex(ElementWiseVertex.Op.Product), "stem", "stem"),
                "odd")));
  }

  private static Layer activation(org.nd4j.linalg.activations.IActivation function) {
    return new ActivationLayer.Builder().activation(function).build();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refusesByName(String what, ComputationGraphConfiguration graph) {
    assertThatThrownBy(() -> GraphReader.read(graph, INPUT))
        .isInstanceOf(UnsupportedGraphException.class)
        .hasMessageContaining("'odd'")
        .hasMessageContaining(what);
  }

  @Test
  void refusesOtherLossesAndOutputs() {
    for (var pair :
        List.of(
            output(Activation.SIGMOID, LossFunction.XENT),
            output(Activation.SOFTMAX, LossFunction.MSE))) {
      ComputationGraphConfiguration graph =
          start()
              .addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), "stem")
              .addLayer("odd", pair, "pool")
              .setOutputs("odd")
              .build();
      assertThatThrownBy(() -> GraphReader.read(graph, INPUT))
          .isInstanceOf(UnsupportedGraphException.class)
          .hasMessageContaining("'odd'");
    }
  }

  @Test
  void refusesChannelsLast() {
    ComputationGraphConfiguration graph =
        finish(
            new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.convolutional(8, 8, 2, CNN2DFormat.NHWC))
                .addLayer("odd", conv(2).dataFormat(CNN2DFormat.NHWC).build(), "in"),
            "odd");
    assertThatThrownBy(() -> GraphReader.read(graph, INPUT))
        .isInstanceOf(UnsupportedGraphException.class)
        .hasMessageContaining("NHWC");
  }

  @Test
  void countsTheParametersThatDl4jCounts() {
    ComputationGraphConfiguration graph =
        with(new BatchNormalization.Builder().lockGammaBeta(true).build());
    long parameters = GraphReader.read(graph, INPUT).parameterCount();
    ComputationGraph dl4j = new ComputationGraph(graph);
    dl4j.init();
    assertThat(parameters).isEqualTo(dl4j.numParams());
  }

  @Test
  void knowsTheShapesOfSamePaddingWithStrides() {
    ComputationGraphConfiguration graph =
        with(conv(5).stride(3, 3).convolutionMode(ConvolutionMode.Same).build());
    Graph read = GraphReader.read(graph, INPUT);
    Node odd = read.nodes().stream().filter(n -> n.name().equals("odd")).findFirst().orElseThrow();
    assertThat(odd.shape()).isEqualTo(new Shape.Image(5, 2, 2));
  }
}
