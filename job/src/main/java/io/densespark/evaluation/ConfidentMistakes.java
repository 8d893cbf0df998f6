package io.densespark.evaluation;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * The mistakes that a model was surest of, most confident first, and of equal confidence in the
 * order of examples: the same ones however the examples were divided.
 */
final class ConfidentMistakes implements Serializable {

  /** How many are kept. */
  static final int KEPT = 24;

  // Plain arrays: Kryo, where it is Spark's serializer, cannot restore records.
  private final int[] examples = new int[KEPT];
  private final int[] labels = new int[KEPT];
  private final int[] predictions = new int[KEPT];
  private final float[] probabilities = new float[KEPT];
  private final float[] labelProbabilities = new float[KEPT];
  private int size;

  /** Adds a mistake; its example's number is above those of all before. */
  void add(int example, int label, int predicted, float probability, float labelProbability) {
    int at = size;
    while (at > 0 && probabilities[at - 1] < probability) {
      at--;
    }
    if (at == KEPT) {
      return;
    }
    int moved = Math.min(size, KEPT - 1) - at;
    for (Object column :
        List.of(examples, labels, predictions, probabilities, labelProbabilities)) {
      System.arraycopy(column, at, column, at + 1, moved);
    }
    examples[at] = example;
    labels[at] = label;
    predictions[at] = predicted;
    probabilities[at] = probability;
    labelProbabilities[at] = labelProbability;
    size = Math.min(size + 1, KEPT);
  }

  /**
   * Adds another partition's.
   *
   * @param before examples counted before that partition
   */
  void add(ConfidentMistakes other, int before) {
    for (int i = 0; i < other.size; i++) {
      add(
          before + other.examples[i],
          other.labels[i],
          other.predictions[i],
          other.probabilities[i],
          other.labelProbabilities[i]);
    }
  }

  List<Mistake> list() {
    List<Mistake> mistakes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      mistakes.add(
          new Mistake(
              examples[i], labels[i], predictions[i], probabilities[i], labelProbabilities[i]));
    }
    return List.copyOf(mistakes);
  }
}
