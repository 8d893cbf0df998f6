package io.densespark.evaluation;

/**
 * An example that was taken for another class.
 *
 * @param example its number, counted as in {@link ExampleResults}
 * @param label its true class
 * @param predicted the class it was taken for
 * @param probability the model's probability of the predicted class
 * @param labelProbability its probability of the true class
 */
public record Mistake(
    int example, int label, int predicted, float probability, float labelProbability) {}
