package io.densespark.engine;

import static io.densespark.engine.EngineUnderTest.poisoned;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.densespark.engine.GraphCase.Images;
import io.densespark.engine.PlanConfig.Purpose;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Dropout: masks follow from the noise seed alone, with the share and scale that DL4J means. */
interface DropoutContract extends EngineUnderTest {

  double KEPT = 0.7;

  private static GraphCase dropping() {
    return ContractGraphs.around(
        "dropout layer, and dropout at a layer's input",
        new Images(4, 3, 7, 5),
        new DropoutLayer(KEPT),
        new ActivationLayer(Activation.TANH),
        new ConvolutionLayer.Builder(3, 3).nOut(17).dropOut(0.5).build());
  }

  private static GraphCase dropoutAlone() {
    Images images = new Images(1, 17, 7, 5);
    GraphBuilder builder = ContractGraphs.builder(images);
    builder.addLayer("drop", new DropoutLayer(KEPT), ContractGraphs.INPUT);
    return new GraphCase("dropout alone", ContractGraphs.end(builder, "drop"), images, 1);
  }

  private static INDArray gradient(Plan plan, GraphCase graphCase, INDArray features, long seed) {
    INDArray gradient = poisoned(1, plan.parameterCount());
    plan.gradient(graphCase.parameters(), features, graphCase.labels(), gradient, seed);
    return gradient;
  }

  @Test
  default void theSameNoiseSeedGivesTheSameGradient() {
    GraphCase graphCase = dropping();
    try (Plan plan = compile(graphCase, Purpose.TRAINING);
        Plan another = compile(graphCase, Purpose.TRAINING)) {
      INDArray features = graphCase.features();
      INDArray first = gradient(plan, graphCase, features, 11);
      assertThat(gradient(plan, graphCase, features, 12)).isNotEqualTo(first);
      Agreement.sameBits(gradient(plan, graphCase, features, 11), first);
      Agreement.sameBits(gradient(another, graphCase, features, 11), first);
      Agreement.sameBits(features, graphCase.features());
    }
  }

  @Test
  default void anUnbrokenRunOfNoiseSeedsGivesDifferentMasks() {
    GraphCase graphCase = dropping();
    try (Plan plan = compile(graphCase, Purpose.TRAINING)) {
      long distinct =
          LongStream.range(0, 20)
              .mapToObj(seed -> gradient(plan, graphCase, graphCase.features(), seed).toString())
              .distinct()
              .count();
      assertThat(distinct).isEqualTo(20);
    }
  }

  /**
   * With ones for images, the row of the output's weight gradient that belongs to a value is the
   * gradient of the bias times the mask there: nothing, or one over the probability of being kept.
   */
  @Test
  default void keepsTheShareThatDl4jKeepsAndScalesIt() {
    GraphCase graphCase = dropoutAlone();
    INDArray ones = Nd4j.ones(DataType.FLOAT, graphCase.images().shape());
    int values = (int) ones.length();
    int rounds = 10;
    int kept = 0;
    try (Plan plan = compile(graphCase, Purpose.TRAINING)) {
      for (int seed = 0; seed < rounds; seed++) {
        INDArray gradient = gradient(plan, graphCase, ones, seed);
        // [in, out] in column order, then the bias: column 0 is the first class.
        double bias = gradient.getDouble((long) values * GraphCase.CLASSES);
        for (int i = 0; i < values; i++) {
          double mask = gradient.getDouble(i) / bias;
          if (mask != 0) {
            assertThat(mask).isCloseTo(1 / KEPT, within(1e-4));
            kept++;
          }
        }
      }
    }
    int draws = rounds * values;
    double deviation = Math.sqrt(draws * KEPT * (1 - KEPT));
    assertThat((double) kept).isCloseTo(draws * KEPT, within(4 * deviation));
  }

  @Test
  default void inferenceDropsNothing() {
    GraphCase graphCase = dropping();
    Dl4jOracle.Answer expected = Dl4jOracle.answer(graphCase, DataType.DOUBLE);
    Agreement.elements(
        "inference with dropout",
        answer(graphCase).probabilities(),
        expected.probabilities(),
        1e-4);
  }

  /** The backward pass must use the forward pass's mask. */
  @Test
  default void gradientIsTheSlopeOfTheLossUnderOneMask() {
    GraphCase graphCase = dropping();
    INDArray parameters = graphCase.parameters();
    INDArray features = graphCase.features();
    INDArray labels = graphCase.labels();
    INDArray ignored = poisoned(parameters.shape());
    try (Plan plan = compile(graphCase, Purpose.TRAINING)) {
      INDArray gradient = gradient(plan, graphCase, features, 5);
      double length = gradient.norm2Number().doubleValue();
      double step = 1e-3;
      INDArray move = gradient.mul(step / length);
      double up = plan.gradient(parameters.add(move), features, labels, ignored, 5);
      double down = plan.gradient(parameters.sub(move), features, labels, ignored, 5);
      double slope = (up - down) / (2 * step) * graphCase.images().batch();
      Agreement.number("slope under one mask", slope / length, 1, 1e-2);
    }
  }
}
