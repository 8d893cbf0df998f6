package io.densespark.engine.onednn;

/**
 * DL4J's arithmetic of running statistics. It delivers their change as a gradient, so that an
 * updater that subtracts it moves them: {@code (1 - decay) (running - batch)}; where the deviation
 * is kept as log10, the difference of the logarithms before and after.
 */
final class Statistics {
  private Statistics() {}

  static double varianceOfLogStd(double logStd) {
    return Math.pow(10, 2 * logStd);
  }

  /** Change of a running mean or variance. */
  static float change(double running, double batch, double decay) {
    return (float) ((1 - decay) * (running - batch));
  }

  /** Change of log10 of the deviation. */
  static float logStdChange(double logStd, double batchVariance, double decay) {
    double before = varianceOfLogStd(logStd);
    double after = decay * before + (1 - decay) * batchVariance;
    return (float) (0.5 * Math.log10(before / after));
  }
}
