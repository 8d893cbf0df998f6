package io.densespark.engine;

import static io.densespark.engine.EngineUnderTest.poisoned;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.densespark.engine.GraphCase.Images;
import io.densespark.engine.PlanConfig.Purpose;
import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Gradients and losses of whole nets, against oracles that know nothing of backpropagation. */
interface GradientContract extends EngineUnderTest {

  @ParameterizedTest
  @MethodSource("io.densespark.engine.ContractGraphs#smoothNets")
  default void smoothNetAgreesWithDl4jInDouble(GraphCase graphCase) {
    Dl4jOracle.Answer expected = Dl4jOracle.answer(graphCase, DataType.DOUBLE);
    Agreement.holds("smooth net", graphCase, answer(graphCase), expected, 2e-4);
  }

  /** Float and double round a few ReLUs and maxima to different sides; each moves the gradient. */
  @ParameterizedTest
  @MethodSource("io.densespark.engine.ContractGraphs#rectifiedNets")
  default void rectifiedNetAgreesWithDl4jInDouble(GraphCase graphCase) {
    Dl4jOracle.Answer expected = Dl4jOracle.answer(graphCase, DataType.DOUBLE);
    Dl4jOracle.Answer actual = answer(graphCase);
    Agreement.number("rectified net, loss", actual.loss(), expected.loss(), 1e-5);
    Agreement.direction("rectified net, gradient", actual.gradient(), expected.gradient(), 1e-2);
    Agreement.elements(
        "rectified net, output", actual.probabilities(), expected.probabilities(), 1e-4);
  }

  /** DL4J in double computes the differences by forward passes alone. */
  @ParameterizedTest
  @MethodSource("io.densespark.engine.ContractGraphs#smoothNets")
  default void gradientIsTheSlopeOfDl4jsLossInDouble(GraphCase graphCase) {
    INDArray gradient = answer(graphCase).gradient();
    Dl4jOracle oracle = new Dl4jOracle(graphCase, DataType.DOUBLE);
    double step = 1e-5;
    for (GraphCase.Tensor tensor : graphCase.tensors()) {
      if (!tensor.statistic()) {
        double[] direction = direction(graphCase, tensor);
        INDArray move = Nd4j.create(direction).reshape(1, direction.length).mul(step);
        double up = oracle.lossAt(oracle.parameters().add(move));
        double down = oracle.lossAt(oracle.parameters().sub(move));
        double slope = (up - down) / (2 * step) * graphCase.images().batch();
        Agreement.number("slope of DL4J's loss", along(gradient, direction), slope, 2e-4);
      }
    }
  }

  /** Steps are large for double but not for float, whose losses carry seven digits. */
  @ParameterizedTest
  @MethodSource("io.densespark.engine.ContractGraphs#smoothNets")
  default void gradientIsTheSlopeOfItsOwnLoss(GraphCase graphCase) {
    INDArray parameters = graphCase.parameters();
    INDArray gradient = poisoned(parameters.shape());
    INDArray ignored = poisoned(parameters.shape());
    INDArray features = graphCase.features();
    INDArray labels = graphCase.labels();
    try (Plan plan = compile(graphCase, Purpose.TRAINING)) {
      plan.gradient(parameters, features, labels, gradient, NO_NOISE);
      float step = 3e-3f;
      for (GraphCase.Tensor tensor : graphCase.tensors()) {
        if (!tensor.statistic()) {
          double[] direction = direction(graphCase, tensor);
          INDArray move =
              Nd4j.create(direction).castTo(DataType.FLOAT).reshape(parameters.shape()).mul(step);
          double up = plan.gradient(parameters.add(move), features, labels, ignored, NO_NOISE);
          double down = plan.gradient(parameters.sub(move), features, labels, ignored, NO_NOISE);
          double slope = (up - down) / (2 * step) * graphCase.images().batch();
          Agreement.number("slope of its own loss", along(gradient, direction), slope, 1e-2);
        }
      }
    }
  }

  /** A random unit vector within one tensor, nothing elsewhere. */
  private static double[] direction(GraphCase graphCase, GraphCase.Tensor tensor) {
    double[] direction = new double[(int) graphCase.network().numParams()];
    Random random = new Random(tensor.offset());
    double squares = 0;
    for (int i = (int) tensor.offset(); i < tensor.offset() + tensor.length(); i++) {
      direction[i] = random.nextGaussian();
      squares += direction[i] * direction[i];
    }
    for (int i = 0; i < direction.length; i++) {
      direction[i] /= Math.sqrt(squares);
    }
    return direction;
  }

  private static double along(INDArray gradient, double[] direction) {
    float[] values = gradient.dup('c').data().asFloat();
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += direction[i] == 0 ? 0 : values[i] * direction[i];
    }
    return sum;
  }

  @Test
  default void regularisationIsLeftToTheUpdater() {
    Dl4jOracle.Answer bare = answer(regularised(0, 0));
    Dl4jOracle.Answer heavy = answer(regularised(0.3, 0.2));
    assertThat(heavy.loss()).isCloseTo(bare.loss(), within(1e-6));
    Agreement.sameBits(heavy.gradient(), bare.gradient());
  }

  private static GraphCase regularised(double l2, double l1) {
    Images images = new Images(3, 3, 7, 5);
    GraphBuilder builder =
        new NeuralNetConfiguration.Builder()
            .l2(l2)
            .l1(l1)
            .graphBuilder()
            .addInputs(ContractGraphs.INPUT)
            .setInputTypes(InputType.convolutional(7, 5, 3));
    builder.addLayer("before", ContractGraphs.before(images), ContractGraphs.INPUT);
    builder.addLayer("norm", new BatchNormalization.Builder().build(), "before");
    return new GraphCase("regularised", ContractGraphs.end(builder, "norm"), images, 1);
  }
}
