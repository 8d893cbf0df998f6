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
    long bytesSent) {}
