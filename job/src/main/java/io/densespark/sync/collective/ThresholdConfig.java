package io.densespark.sync.collective;

/**
 * Settings of the threshold format. After each step a rank multiplies its threshold by {@code
 * factor} if more than {@code maxDensity} of its values were sent, and divides if fewer than {@code
 * minDensity} were.
 *
 * @param initialThreshold first threshold, above 0
 * @param minDensity share of values sent, below which the threshold falls
 * @param maxDensity share of values sent, above which the threshold rises
 * @param factor of one adaptation; 1: the threshold stays
 */
public record ThresholdConfig(
    float initialThreshold, double minDensity, double maxDensity, float factor) {

  /** A threshold that keeps between one value in ten thousand and one in a hundred on the wire. */
  public static ThresholdConfig adaptive(float initialThreshold) {
    return new ThresholdConfig(initialThreshold, 1e-4, 1e-2, 1.05f);
  }
}
