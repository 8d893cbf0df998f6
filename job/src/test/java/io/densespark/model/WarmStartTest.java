package io.densespark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Nesterovs;

class WarmStartTest {

  @Test
  void parametersAreCopiedAndTheUpdaterIsNot() {
    ComputationGraph trained = net(1, "conv", 4, DataType.FLOAT);
    ComputationGraph to = net(2, "conv", 4, DataType.FLOAT);
    trained.getUpdater().getStateViewArray().assign(3);

    WarmStart.copyParameters(trained, to, "a.zip");

    assertThat(to.params()).isEqualTo(trained.params());
    assertThat(to.params()).isNotSameAs(trained.params());
    assertThat(to.getUpdater().getStateViewArray().sumNumber().doubleValue()).isZero();
  }

  @Test
  void layersMayHaveOtherNamesAndDoublesBecomeFloats() {
    ComputationGraph trained = net(1, "mine", 4, DataType.DOUBLE);
    ComputationGraph to = net(2, "conv", 4, DataType.FLOAT);

    WarmStart.copyParameters(trained, to, "a.zip");

    assertThat(to.params()).isEqualTo(trained.params().castTo(DataType.FLOAT));
  }

  @Test
  void layersThatDifferAreNamedWithTheirShapes() {
    ComputationGraph trained = net(1, "conv", 6, DataType.FLOAT);
    ComputationGraph to = net(2, "conv", 4, DataType.FLOAT);

    assertThatThrownBy(() -> WarmStart.copyParameters(trained, to, "a.zip"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("a.zip")
        .hasMessageContaining("conv.W is [6, 1, 3, 3], not [4, 1, 3, 3]");
  }

  @Test
  void layersThatOnlyOneNetHasAreNamed() {
    ComputationGraph trained = net(1, "mine", 6, DataType.FLOAT);
    ComputationGraph to = net(2, "conv", 4, DataType.FLOAT);

    assertThatThrownBy(() -> WarmStart.copyParameters(trained, to, "a.zip"))
        .hasMessageContaining("it has no conv.W [4, 1, 3, 3]")
        .hasMessageContaining("its mine.W [6, 1, 3, 3] is not wanted");
  }

  @Test
  void modelThatDivergedIsRefused() {
    ComputationGraph trained = net(1, "conv", 4, DataType.FLOAT);
    trained.params().putScalar(5, Float.NaN);

    assertThatThrownBy(
            () -> WarmStart.copyParameters(trained, net(2, "conv", 4, DataType.FLOAT), "a.zip"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("not finite");
  }

  private static ComputationGraph net(long seed, String name, int channels, DataType type) {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(seed)
                .dataType(type)
                .updater(new Nesterovs(0.1))
                .graphBuilder()
                .addInputs("image")
                .addLayer(name, new ConvolutionLayer.Builder(3, 3).nOut(channels).build(), "image")
                .addLayer(
                    "output",
                    new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build(),
                    name)
                .setOutputs("output")
                .setInputTypes(InputType.convolutional(6, 6, 1))
                .build());
    graph.init();
    return graph;
  }
}
