package io.densespark.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Against DL4J's evaluation of the same predictions. */
class EvaluationCountsTest {

  private static final int EXAMPLES = 1000;
  private static final int CLASSES = 5;

  private final int[] labels = new int[EXAMPLES];
  private final float[] probabilities = predictions(labels, new Random(3));

  /** Softmax of noise, with the true class a little ahead, so that some are right. */
  private static float[] predictions(int[] labels, Random random) {
    float[] probabilities = new float[EXAMPLES * CLASSES];
    for (int e = 0; e < EXAMPLES; e++) {
      labels[e] = random.nextInt(CLASSES);
      double sum = 0;
      double[] exponentials = new double[CLASSES];
      for (int c = 0; c < CLASSES; c++) {
        exponentials[c] = Math.exp(2 * random.nextGaussian() + (c == labels[e] ? 1.5 : 0));
        sum += exponentials[c];
      }
      for (int c = 0; c < CLASSES; c++) {
        probabilities[e * CLASSES + c] = (float) (exponentials[c] / sum);
      }
    }
    return probabilities;
  }

  private EvaluationCounts count(int from, int to) {
    EvaluationCounts counts = new EvaluationCounts(CLASSES);
    for (int e = from; e < to; e++) {
      counts.add(probabilities, e, labels[e]);
    }
    return counts;
  }

  private INDArray oneHot() {
    INDArray oneHot = Nd4j.zeros(EXAMPLES, CLASSES);
    for (int e = 0; e < EXAMPLES; e++) {
      oneHot.putScalar(e, labels[e], 1);
    }
    return oneHot;
  }

  private INDArray predicted() {
    return Nd4j.createFromArray(probabilities).reshape(EXAMPLES, CLASSES);
  }

  @Test
  void countsAsDl4jDoes() {
    Evaluation dl4j = new Evaluation(CLASSES);
    dl4j.eval(oneHot(), predicted());

    EvaluationResult result = EvaluationResult.of(count(0, EXAMPLES));

    assertThat(result.examples()).isEqualTo(EXAMPLES);
    assertThat(result.accuracy()).isCloseTo(dl4j.accuracy(), within(1e-12)).isBetween(0.3, 0.9);
    for (int t = 0; t < CLASSES; t++) {
      assertThat(result.precision().get(t)).isCloseTo(dl4j.precision(t), within(1e-12));
      assertThat(result.recall().get(t)).isCloseTo(dl4j.recall(t), within(1e-12));
      for (int p = 0; p < CLASSES; p++) {
        assertThat(result.confusion().get(t).get(p))
            .isEqualTo(dl4j.getConfusionMatrix().getCount(t, p));
      }
    }
  }

  @Test
  void lossIsDl4jsMeanCrossEntropy() {
    double dl4j =
        new LossMCXENT().computeScore(oneHot(), predicted(), new ActivationIdentity(), null, true);

    assertThat(EvaluationResult.of(count(0, EXAMPLES)).loss()).isCloseTo(dl4j, within(1e-5));
  }

  @Test
  void calibrationErrorIsThatOfItsDefinition() {
    double expected = 0;
    for (int bin = 0; bin < 15; bin++) {
      double confidence = 0;
      double correct = 0;
      for (int e = 0; e < EXAMPLES; e++) {
        int best = argMax(e);
        float p = probabilities[e * CLASSES + best];
        if (p >= bin / 15.0 && (p < (bin + 1) / 15.0 || bin == 14)) {
          confidence += p;
          correct += best == labels[e] ? 1 : 0;
        }
      }
      expected += Math.abs(confidence - correct) / EXAMPLES;
    }

    assertThat(EvaluationResult.of(count(0, EXAMPLES)).calibrationError())
        .isCloseTo(expected, within(1e-9))
        .isPositive();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void partsAddUpToTheWhole(int parts) {
    EvaluationCounts total = new EvaluationCounts(CLASSES);
    for (int part = 0; part < parts; part++) {
      total.add(count(part * EXAMPLES / parts, (part + 1) * EXAMPLES / parts));
    }
    EvaluationCounts whole = count(0, EXAMPLES);

    assertThat(EvaluationResult.of(total).confusion())
        .isEqualTo(EvaluationResult.of(whole).confusion());
    assertThat(total.correct).isEqualTo(whole.correct);
    assertThat(total.lossSum).isCloseTo(whole.lossSum, within(1e-9));
    assertThat(total.mistakes.list()).isEqualTo(whole.mistakes.list());
  }

  @Test
  void surestMistakesAreTheMostConfidentOnes() {
    List<Mistake> all = new ArrayList<>();
    for (int e = 0; e < EXAMPLES; e++) {
      int best = argMax(e);
      if (best != labels[e]) {
        all.add(
            new Mistake(
                e,
                labels[e],
                best,
                probabilities[e * CLASSES + best],
                probabilities[e * CLASSES + labels[e]]));
      }
    }
    all.sort(Comparator.comparing(Mistake::probability).reversed());

    assertThat(all).hasSizeGreaterThan(24);
    assertThat(count(0, EXAMPLES).mistakes.list()).isEqualTo(all.subList(0, 24));
  }

  @Test
  void mistakesOfEqualConfidenceComeInTheOrderOfExamples() {
    EvaluationCounts first = new EvaluationCounts(2);
    EvaluationCounts second = new EvaluationCounts(2);
    for (int e = 0; e < 30; e++) {
      (e < 20 ? first : second).add(new float[] {0.75f, 0.25f}, 0, 1);
    }

    assertThat(new EvaluationCounts(2).add(first).add(second).mistakes.list())
        .extracting(Mistake::example)
        .containsExactlyElementsOf(IntStream.range(0, 24).boxed().toList());
  }

  @Test
  void predictionThatIsNotFiniteIsWrongForAllMeasures() {
    EvaluationCounts first = new EvaluationCounts(2);
    first.add(new float[] {Float.NaN, 1}, 0, 1);
    EvaluationCounts second = new EvaluationCounts(2);
    second.add(new float[] {0.25f, 0.75f}, 0, 1);

    EvaluationResult result = EvaluationResult.of(new EvaluationCounts(2).add(first).add(second));

    assertThat(result.notFinite()).isEqualTo(1);
    assertThat(result.examples()).isEqualTo(2);
    assertThat(result.accuracy()).isEqualTo(0.5);
    assertThat(result.recall()).containsExactly(0.0, 0.5);
    assertThat(result.loss()).isCloseTo((-Math.log(0.75) - Math.log(1e-10)) / 2, within(1e-7));
    assertThat(result.calibrationError()).isCloseTo((0.25 + 1) / 2, within(1e-7));
    assertThat(first.mistakes.list()).isEmpty();
  }

  private int argMax(int example) {
    int best = 0;
    for (int c = 1; c < CLASSES; c++) {
      if (probabilities[example * CLASSES + c] > probabilities[example * CLASSES + best]) {
        best = c;
      }
    }
    return best;
  }
}
