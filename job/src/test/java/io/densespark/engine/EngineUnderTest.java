package io.densespark.engine;

import io.densespark.engine.GraphCase.Images;
import io.densespark.engine.PlanConfig.Purpose;
import java.util.function.BiConsumer;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Supplies the engine that a contract is tried on. */
interface EngineUnderTest {

  /** Seed of dropout masks where there are none. */
  long NO_NOISE = 0;

  Engine engine();

  default Plan compile(GraphCase graphCase, Purpose purpose) {
    return engine().compile(graphCase.graph(), graphCase.planConfig(purpose));
  }

  /** A batch of 13, 17 channels into batch norm, tanh and a global mean: every kind of sum. */
  static GraphCase ordinary() {
    return ContractGraphs.around(
        "convolution, batch norm, global mean",
        new Images(13, 3, 7, 5),
        new ConvolutionLayer.Builder(3, 3)
            .nOut(17)
            .convolutionMode(ConvolutionMode.Same)
            .activation(Activation.TANH)
            .build(),
        new BatchNormalization.Builder().build(),
        new GlobalPoolingLayer.Builder(PoolingType.AVG).build());
  }

  /** Runs with a plan for {@link #ordinary()}. */
  default void withPlan(Purpose purpose, BiConsumer<GraphCase, Plan> test) {
    GraphCase graphCase = ordinary();
    try (Plan plan = compile(graphCase, purpose)) {
      test.accept(graphCase, plan);
    }
  }

  /** Gradient, loss and inference of a plan compiled for the case. */
  default Dl4jOracle.Answer answer(GraphCase graphCase) {
    try (Plan plan = compile(graphCase, Purpose.TRAINING)) {
      return answer(plan, graphCase.parameters(), graphCase.features(), graphCase.labels());
    }
  }

  default Dl4jOracle.Answer answer(
      Plan plan, INDArray parameters, INDArray features, INDArray labels) {
    INDArray gradient = poisoned(1, parameters.length());
    INDArray probabilities = poisoned(labels.shape());
    double loss = plan.gradient(parameters, features, labels, gradient, NO_NOISE);
    plan.infer(parameters, features, probabilities);
    return new Dl4jOracle.Answer(loss, gradient, probabilities);
  }

  /** An output that shows every element that was not written. */
  static INDArray poisoned(long... shape) {
    return Nd4j.valueArrayOf(shape, Float.NaN, DataType.FLOAT);
  }
}
