package io.densespark.evaluation;

import java.io.Serializable;
import java.util.BitSet;

/**
 * Sums over examples from which every measure follows. Adding counts in a fixed order gives the
 * same bits whatever executor computed them.
 */
final class EvaluationCounts implements Serializable {

  /** Equal-width bins of confidence, as usual for the expected calibration error. */
  static final int CONFIDENCE_BINS = 15;

  /** Probabilities are kept above this in the logarithm, as DL4J does. */
  private static final double SMALLEST_PROBABILITY = 1e-10;

  final int classes;

  /** Rows are true classes, columns predicted ones. */
  final long[][] confusion;

  final long[] binExamples = new long[CONFIDENCE_BINS];
  final long[] binCorrect = new long[CONFIDENCE_BINS];
  final double[] binConfidence = new double[CONFIDENCE_BINS];
  double lossSum;

  /** Examples without a finite prediction, by true class. */
  final long[] notFinite;

  /** Which examples were told right, in the order in which they were added. */
  final BitSet correct = new BitSet();

  final ConfidentMistakes mistakes = new ConfidentMistakes();

  private int added;

  EvaluationCounts(int classes) {
    this.classes = classes;
    this.confusion = new long[classes][classes];
    this.notFinite = new long[classes];
  }

  /**
   * Counts one example. A prediction that is not finite counts as one that is sure of a wrong
   * class; it has no column in the confusion matrix.
   *
   * @param probabilities predicted distributions, row after row of {@code classes} values
   * @param row index of the example's row
   * @param trueClass its label
   */
  void add(float[] probabilities, int row, int trueClass) {
    int start = row * classes;
    int predicted = 0;
    boolean finite = true;
    for (int c = 0; c < classes; c++) {
      finite &= Float.isFinite(probabilities[start + c]);
      if (probabilities[start + c] > probabilities[start + predicted]) {
        predicted = c;
      }
    }
    added++;
    if (!finite) {
      notFinite[trueClass]++;
      lossSum -= Math.log(SMALLEST_PROBABILITY);
      binExamples[CONFIDENCE_BINS - 1]++;
      binConfidence[CONFIDENCE_BINS - 1]++;
      return;
    }
    confusion[trueClass][predicted]++;
    correct.set(added - 1, predicted == trueClass);
    if (predicted != trueClass) {
      mistakes.add(
          added - 1,
          trueClass,
          predicted,
          probabilities[start + predicted],
          probabilities[start + trueClass]);
    }
    lossSum -= Math.log(Math.max(probabilities[start + trueClass], SMALLEST_PROBABILITY));
    double confidence = probabilities[start + predicted];
    int bin = Math.min(CONFIDENCE_BINS - 1, (int) (confidence * CONFIDENCE_BINS));
    binExamples[bin]++;
    binConfidence[bin] += confidence;
    binCorrect[bin] += predicted == trueClass ? 1 : 0;
  }

  /** Adds the counts of the partition that follows. */
  EvaluationCounts add(EvaluationCounts other) {
    for (int t = 0; t < classes; t++) {
      for (int p = 0; p < classes; p++) {
        confusion[t][p] += other.confusion[t][p];
      }
      notFinite[t] += other.notFinite[t];
    }
    for (int b = 0; b < CONFIDENCE_BINS; b++) {
      binExamples[b] += other.binExamples[b];
      binCorrect[b] += other.binCorrect[b];
      binConfidence[b] += other.binConfidence[b];
    }
    lossSum += other.lossSum;
    for (int i = other.correct.nextSetBit(0); i >= 0; i = other.correct.nextSetBit(i + 1)) {
      correct.set(added + i);
    }
    mistakes.add(other.mistakes, added);
    added += other.added;
    return this;
  }
}
