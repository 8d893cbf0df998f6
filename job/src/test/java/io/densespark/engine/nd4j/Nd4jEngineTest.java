package io.densespark.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.UnsupportedGraphException;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What is the reference engine's own; the rest is in the contract. */
class Nd4jEngineTest {

  private static final int CLASSES = 3;

  private final INDArray features = Nd4j.linspace(DataType.FLOAT, 0, 0.1, 16).reshape(4, 1, 2, 2);
  private final INDArray labels = Nd4j.eye(4).castTo(DataType.FLOAT).dup('c');

  @Test
  void leavesTheCallersRandomNumbersWhereTheyStood() {
    try (Plan plan = compile(graph(DataType.FLOAT, true, output(4)))) {
      INDArray parameters = parameters(plan);
      Nd4j.getRandom().setSeed(5);
      INDArray expected = Nd4j.rand(1, 50);
      Nd4j.getRandom().setSeed(5);
      plan.gradient(parameters, features, labels, parameters.dup(), 77);

      assertThat(Nd4j.rand(1, 50).data().asFloat()).isEqualTo(expected.data().asFloat());
    }
  }

  @Test
  void meansTheLossAlsoWhereTheGraphSumsIt() {
    try (Plan mean = compile(graph(DataType.FLOAT, true, output(4)));
        Plan sum = compile(graph(DataType.FLOAT, false, output(4)))) {
      INDArray parameters = parameters(mean);
      double expected = mean.gradient(parameters, features, labels, parameters.dup(), 1);

      assertThat(sum.gradient(parameters, features, labels, parameters.dup(), 1))
          .isEqualTo(expected);
    }
  }

  @Test
  void refusesAGraphOfAnotherPrecision() {
    assertThatThrownBy(() -> compile(graph(DataType.DOUBLE, true, output(CLASSES))))
        .isInstanceOf(UnsupportedGraphException.class)
        .hasMessageContaining("DOUBLE")
        .hasMessageContaining("FLOAT");
  }

  @Test
  void refusesAGraphWithoutALoss() {
    assertThatThrownBy(
            () -> compile(graph(DataType.FLOAT, true, new ActivationLayer(Activation.SOFTMAX))))
        .isInstanceOf(UnsupportedGraphException.class)
        .hasMessageContaining("classes")
        .hasMessageContaining("OutputLayer");
    assertThatThrownBy(() -> compile(graph(DataType.FLOAT, true, new LossLayer.Builder().build())))
        .isInstanceOf(UnsupportedGraphException.class);
  }

  private static Plan compile(ComputationGraphConfiguration graph) {
    PlanConfig config = new PlanConfig(4, 1, Purpose.TRAINING, 1, 2, 2, EngineConfig.defaults());
    return new Nd4jEngine().compile(graph, config);
  }

  private static INDArray parameters(Plan plan) {
    return Nd4j.linspace(DataType.FLOAT, -1, 0.05, plan.parameterCount())
        .reshape(1, plan.parameterCount());
  }

  private static OutputLayer output(int classes) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nOut(classes)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static ComputationGraphConfiguration graph(
      DataType type, boolean miniBatch, Layer output) {
    return new NeuralNetConfiguration.Builder()
        .dataType(type)
        .miniBatch(miniBatch)
        .graphBuilder()
        .addInputs("images")
        .setInputTypes(InputType.convolutional(2, 2, 1))
        .addLayer("dense", new DenseLayer.Builder().nOut(6).dropOut(0.8).build(), "images")
        .addLayer("classes", output, "dense")
        .setOutputs("classes")
        .build();
  }
}
