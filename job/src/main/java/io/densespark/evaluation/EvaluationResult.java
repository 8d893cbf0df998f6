package io.densespark.evaluation;

import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Quality of a model over a labelled data set.
 *
 * @param examples examples counted
 * @param loss mean cross-entropy in nats
 * @param accuracy share of examples whose most probable class is the true one
 * @param precision of each class; 0 where the class was never predicted
 * @param recall of each class; 0 where the class never occurs
 * @param calibrationError expected calibration error over 15 equal-width bins of confidence (Guo et
 *     al., "On Calibration of Modern Neural Networks", ICML 2017)
 * @param confusion examples by true class (rows) and predicted class (columns)
 * @param notFinite examples whose prediction was not finite; they count as sure of a wrong class
 *     everywhere, and are in no column of the confusion matrix
 */
public record EvaluationResult(
    long examples,
    double loss,
    double accuracy,
    List<Double> precision,
    List<Double> recall,
    double calibrationError,
    List<List<Long>> confusion,
    long notFinite) {

  static EvaluationResult of(EvaluationCounts counts) {
    int classes = counts.classes;
    long examples = 0;
    long correct = 0;
    List<Double> precision = new ArrayList<>();
    List<Double> recall = new ArrayList<>();
    List<List<Long>> confusion = new ArrayList<>();
    for (int c = 0; c < classes; c++) {
      long predicted = 0;
      long occurring = counts.notFinite[c];
      List<Long> row = new ArrayList<>();
      for (int other = 0; other < classes; other++) {
        predicted += counts.confusion[other][c];
        occurring += counts.confusion[c][other];
        row.add(counts.confusion[c][other]);
      }
      long hits = counts.confusion[c][c];
      examples += occurring;
      correct += hits;
      precision.add(share(hits, predicted));
      recall.add(share(hits, occurring));
      confusion.add(List.copyOf(row));
    }
    double calibrationError = 0;
    for (int b = 0; b < EvaluationCounts.CONFIDENCE_BINS; b++) {
      calibrationError += Math.abs(counts.binConfidence[b] - counts.binCorrect[b]);
    }
    return new EvaluationResult(
        examples,
        examples == 0 ? 0 : counts.lossSum / examples,
        share(correct, examples),
        List.copyOf(precision),
        List.copyOf(recall),
        examples == 0 ? 0 : calibrationError / examples,
        List.copyOf(confusion),
        LongStream.of(counts.notFinite).sum());
  }

  /** What people have to be told about these figures; empty: nothing. */
  public Optional<String> warning() {
    return notFinite == 0
        ? Optional.empty()
        : Optional.of(
            Text.format(
                "%d of %d predictions are not finite and count as wrong", notFinite, examples));
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
