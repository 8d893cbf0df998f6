package io.densespark.bench.densespark;

/**
 * A line that a round printed; what does not apply is NaN, 0 or null.
 *
 * @param gigaflopsPerSecond of the machine's peak; NaN for a peer
 * @param fastestGigaflopsPerSecond of the fastest matrix product; NaN for a peer
 * @param trainingPeakBytes largest resident size of the process up to the end of training
 */
record RoundLine(
    String peer,
    String variant,
    String net,
    int batch,
    double gigaflopsPerSecond,
    double fastestGigaflopsPerSecond,
    double trainingImagesPerSecond,
    double inferenceImagesPerSecond,
    long trainingPeakBytes,
    double firstLoss,
    double lastLoss) {}
