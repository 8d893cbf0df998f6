package io.densespark.engine.onednn;

import io.densespark.engine.graph.Op;

/**
 * Cross entropy of a softmax and its gradient by the logits, as DL4J computes them: the loss clips
 * probabilities, the gradient does not; the gradient is summed over examples, the loss averaged.
 * With class weights w and labels y the gradient is {@code p sum(w y) - w y}; without weights DL4J
 * takes every row of labels to sum to 1: {@code p - y}.
 */
final class CrossEntropyStep implements Step {
  private final int rows;
  private final int classes;
  private final double clip;
  private final float[] classWeights;
  private final float[] probabilities;
  private final float[] labels;
  private final RawPointer probabilitiesIn;
  private final RawPointer labelsIn = new RawPointer();
  private final RawPointer gradientOut;

  CrossEntropyStep(
      Op.SoftmaxLoss op, int rows, int classes, long probabilitiesAddress, long gradientAddress) {
    this.rows = rows;
    this.classes = classes;
    this.clip = op.clip();
    this.classWeights = new float[op.classWeights().size()];
    for (int k = 0; k < classWeights.length; k++) {
      classWeights[k] = op.classWeights().get(k);
    }
    this.probabilities = new float[rows * classes];
    this.labels = new float[rows * classes];
    this.probabilitiesIn = new RawPointer(probabilitiesAddress);
    this.gradientOut = new RawPointer(gradientAddress);
  }

  @Override
  public void run(StepInputs inputs) {
    probabilitiesIn.get(probabilities, 0, probabilities.length);
    labelsIn.at(inputs.labels).get(labels, 0, labels.length);
    double loss = 0;
    for (int row = 0; row < rows; row++) {
      loss += row(row * classes);
    }
    gradientOut.put(probabilities, 0, probabilities.length);
    inputs.meanLoss = loss / rows;
  }

  /** Loss of one example; turns its probabilities into its gradient. */
  private double row(int start) {
    double loss = 0;
    float mass = classWeights.length == 0 ? 1 : 0;
    for (int k = 0; k < classes; k++) {
      if (classWeights.length > 0) {
        labels[start + k] *= classWeights[k];
        mass += labels[start + k];
      }
      float label = labels[start + k];
      if (label != 0) {
        double p = Math.min(Math.max(probabilities[start + k], clip), 1 - clip);
        loss -= label * Math.log(p);
      }
    }
    for (int k = 0; k < classes; k++) {
      probabilities[start + k] = probabilities[start + k] * mass - labels[start + k];
    }
    return loss;
  }
}
