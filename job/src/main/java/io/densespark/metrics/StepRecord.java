package io.densespark.metrics;

/**
 * Figures of one step.
 *
 * @param step global, from 1
 * @param epoch from 1
 * @param loss mean over the global batch
 * @param learningRate of this update
 * @param stepMillis wall time of the step
 * @param imagesPerSecond global batch over the step's time
 * @param computeMillis forward, backward and update
 * @param communicationMillis sending and receiving
 * @param waitMillis waiting for slower replicas
 * @param dataMillis making the batch
 * @param bytesSent by this replica
 * @param gradientSquared average of the estimates of the true gradient's squared length, per
 *     example
 * @param gradientVariance average of the estimates of the summed variance of an example's gradient
 * @param noiseScale the second over the first, in examples; not a number where not resolved
 */
public record StepRecord(
    long step,
    int epoch,
    double loss,
    double learningRate,
    double stepMillis,
    double imagesPerSecond,
    double computeMillis,
    double communicationMillis,
    double waitMillis,
    double dataMillis,
    long bytesSent,
    double gradientSquared,
    double gradientVariance,
    double noiseScale) {}
