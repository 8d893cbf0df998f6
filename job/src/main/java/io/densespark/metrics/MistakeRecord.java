package io.densespark.metrics;

/**
 * A test image that was taken for another class.
 *
 * @param epoch after which the model was evaluated
 * @param image its number in the file of test images, from 0
 * @param label name of its true class
 * @param predicted name of the class it was taken for
 * @param probability the model's probability of the predicted class, 0 to 1
 * @param labelProbability its probability of the true class
 * @param png the image as it is in the file, as PNG in base 64
 */
public record MistakeRecord(
    int epoch,
    int image,
    String label,
    String predicted,
    double probability,
    double labelProbability,
    String png) {}
