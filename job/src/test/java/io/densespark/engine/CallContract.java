package io.densespark.engine;

import static io.densespark.engine.EngineUnderTest.poisoned;
import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.GraphCase.Images;
import io.densespark.engine.PlanConfig.Purpose;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What a call reads and writes, and what it keeps. */
interface CallContract extends EngineUnderTest {

  @Test
  default void describesItself() {
    withPlan(
        Purpose.TRAINING,
        (graphCase, plan) -> {
          assertThat(plan.config()).isEqualTo(graphCase.planConfig(Purpose.TRAINING));
          assertThat(plan.parameterCount()).isEqualTo(graphCase.network().numParams());
          assertThat(plan.summary().engine()).isEqualTo(engine().name());
          assertThat(plan.summary().instructionSet()).isNotBlank();
          assertThat(plan.summary().compileMillis()).isPositive();
          assertThat(plan.summary().arenaBytes()).isNotNegative();
        });
  }

  @Test
  default void leavesItsInputsAsTheyWere() {
    withPlan(
        Purpose.TRAINING,
        (graphCase, plan) -> {
          INDArray parameters = graphCase.parameters();
          INDArray features = graphCase.features();
          INDArray labels = graphCase.labels();
          answer(plan, parameters, features, labels);
          Agreement.sameBits(parameters, graphCase.parameters());
          Agreement.sameBits(features, graphCase.features());
          Agreement.sameBits(labels, graphCase.labels());
        });
  }

  @Test
  default void leavesTheGraphConfigurationAsItWas() {
    GraphCase graphCase = EngineUnderTest.ordinary();
    String before = graphCase.graph().toJson();
    answer(graphCase);
    assertThat(graphCase.graph().toJson()).isEqualTo(before);
  }

  @Test
  default void repeatsItselfBitForBit() {
    GraphCase graphCase = EngineUnderTest.ordinary();
    Dl4jOracle.Answer first = answer(graphCase);
    try (Plan plan = compile(graphCase, Purpose.TRAINING)) {
      for (int round = 0; round < 3; round++) {
        Agreement.sameBits(
            answer(plan, graphCase.parameters(), graphCase.features(), graphCase.labels()), first);
      }
    }
  }

  @Test
  default void keepsNothingOfEarlierCalls() {
    withPlan(
        Purpose.TRAINING,
        (graphCase, plan) -> {
          INDArray parameters = graphCase.parameters();
          INDArray features = graphCase.features();
          INDArray labels = graphCase.labels();
          Dl4jOracle.Answer before = answer(plan, parameters, features, labels);
          answer(plan, poisoned(parameters.shape()), poisoned(features.shape()), labels);
          answer(plan, parameters.mul(2), features.mul(3), labels);
          Agreement.sameBits(answer(plan, parameters, features, labels), before);
        });
  }

  @Test
  default void inferenceSeesEveryParameterThatChangedInPlace() {
    withPlan(
        Purpose.INFERENCE,
        (graphCase, plan) -> {
          INDArray parameters = graphCase.parameters();
          INDArray before = infer(plan, parameters, graphCase);
          int everyKind = (int) parameters.length() / 7;
          for (int i = 0; i < parameters.length(); i += everyKind) {
            parameters.putScalar(i, parameters.getFloat(i) + 1);
            INDArray after = infer(plan, parameters, graphCase);
            try (Plan fresh = compile(graphCase, Purpose.INFERENCE)) {
              Agreement.sameBits(after, infer(fresh, parameters, graphCase));
            }
            assertThat(after.sub(before).amaxNumber().doubleValue())
                .as("effect of parameter " + i)
                .isPositive();
            before = after;
          }
        });
  }

  private static INDArray infer(Plan plan, INDArray parameters, GraphCase graphCase) {
    INDArray probabilities = poisoned(graphCase.labels().shape());
    plan.infer(parameters, graphCase.features(), probabilities);
    return probabilities;
  }

  @Test
  default void partialBatchesEqualAPlanOfTheirSize() {
    withPlan(
        Purpose.TRAINING,
        (graphCase, plan) -> {
          INDArray parameters = graphCase.parameters();
          Dl4jOracle.Answer full =
              answer(plan, parameters, graphCase.features(), graphCase.labels());
          for (int examples : new int[] {1, 2, 5, 12}) {
            Images few = new Images(examples, 3, 7, 5);
            GraphCase small = new GraphCase("partial", graphCase.graph(), few, 7);
            Agreement.holds(
                "partial batch against a plan of its size",
                small,
                answer(plan, parameters, small.features(), small.labels()),
                answerWithParameters(small, parameters),
                1e-5);
          }
          Agreement.sameBits(
              answer(plan, parameters, graphCase.features(), graphCase.labels()), full);
        });
  }

  private Dl4jOracle.Answer answerWithParameters(GraphCase graphCase, INDArray parameters) {
    try (Plan plan = compile(graphCase, Purpose.TRAINING)) {
      return answer(plan, parameters, graphCase.features(), graphCase.labels());
    }
  }

  @Test
  default void scalesBytesToOne() {
    withPlan(
        Purpose.TRAINING,
        (graphCase, plan) -> {
          INDArray bytes = graphCase.byteFeatures();
          INDArray floats = bytes.castTo(DataType.FLOAT).divi(255f);
          INDArray copy = bytes.dup();
          Agreement.holds(
              "bytes against floats",
              graphCase,
              answer(plan, graphCase.parameters(), bytes, graphCase.labels()),
              answer(plan, graphCase.parameters(), floats, graphCase.labels()),
              1e-5);
          assertThat(bytes).isEqualTo(copy);
        });
  }

  @Test
  default void takesViewsIntoLargerArrays() {
    withPlan(
        Purpose.TRAINING,
        (graphCase, plan) -> {
          INDArray features = behind(graphCase.features());
          INDArray parameters = behindInRow(graphCase.parameters());
          INDArray labels = behind(graphCase.labels());
          INDArray surroundings = poisoned(1, parameters.length() + 14);
          INDArray gradient =
              surroundings.get(
                  NDArrayIndex.all(), NDArrayIndex.interval(7, parameters.length() + 7));
          Dl4jOracle.Answer expected = answer(graphCase);
          double loss = plan.gradient(parameters, features, labels, gradient, NO_NOISE);
          assertThat(loss).isEqualTo(expected.loss());
          Agreement.sameBits(gradient, expected.gradient());
          assertThat(surroundings.getFloat(6)).isNaN();
          assertThat(surroundings.getFloat(parameters.length() + 7)).isNaN();
        });
  }

  /** The same values as a view that begins one example late in a larger array. */
  private static INDArray behind(INDArray array) {
    return Nd4j.concat(0, array, array)
        .assign(Nd4j.concat(0, array.mul(0), array))
        .get(NDArrayIndex.interval(array.size(0), 2 * array.size(0)));
  }

  private static INDArray behindInRow(INDArray row) {
    return Nd4j.concat(1, Nd4j.ones(1, 3), row)
        .get(NDArrayIndex.all(), NDArrayIndex.interval(3, row.length() + 3));
  }

  @Test
  default void infersTheSameWhateverItWasCompiledFor() {
    withPlan(
        Purpose.INFERENCE,
        (graphCase, plan) -> {
          INDArray probabilities = poisoned(graphCase.labels().shape());
          plan.infer(graphCase.parameters(), graphCase.features(), probabilities);
          Agreement.elements(
              "inference plan against training plan",
              probabilities,
              answer(graphCase).probabilities(),
              1e-5);
        });
  }

  @Test
  default void twoThreadsAgreeWithOne() {
    GraphCase graphCase = EngineUnderTest.ordinary();
    PlanConfig one = graphCase.planConfig(Purpose.TRAINING);
    PlanConfig two =
        new PlanConfig(
            one.batchSize(),
            2,
            one.purpose(),
            one.channels(),
            one.height(),
            one.width(),
            one.engine());
    Dl4jOracle.Answer expected = answer(graphCase);
    try (Plan plan = engine().compile(graphCase.graph(), two)) {
      Dl4jOracle.Answer actual =
          answer(plan, graphCase.parameters(), graphCase.features(), graphCase.labels());
      Agreement.holds("two threads against one", graphCase, actual, expected, 1e-5);
    }
  }

  @Test
  default void twoPlansOnOneThreadDoNotMeet() {
    GraphCase other = ContractGraphs.leNet(Activation.TANH, PoolingType.AVG);
    withPlan(
        Purpose.TRAINING,
        (graphCase, plan) -> {
          Dl4jOracle.Answer before =
              answer(plan, graphCase.parameters(), graphCase.features(), graphCase.labels());
          answer(other);
          Agreement.sameBits(
              answer(plan, graphCase.parameters(), graphCase.features(), graphCase.labels()),
              before);
        });
  }
}
