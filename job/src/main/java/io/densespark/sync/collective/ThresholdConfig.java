package io.densespark.sync.collective;

import io.densespark.text.Text;

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

  public ThresholdConfig {
    if (!(initialThreshold > 0) || Float.isInfinite(initialThreshold)) {
      throw new IllegalArgumentException(
          "threshold " + initialThreshold + ": a finite value above 0 is needed");
    }
    if (!(0 <= minDensity && minDensity < maxDensity && maxDensity <= 1)) {
      throw new IllegalArgumentException(
          Text.format(
              "densities %s to %s: need 0 <= minimum < maximum <= 1", minDensity, maxDensity));
    }
    if (!(factor >= 1) || Float.isInfinite(factor)) {
      throw new IllegalArgumentException("factor " + factor + ": a finite value from 1 is needed");
    }
  }

  /** A threshold that stays. */
  public static ThresholdConfig fixed(float threshold) {
    return new ThresholdConfig(threshold, 0, 1, 1);
  }

  /** A threshold that keeps between one value in ten thousand and one in a hundred on the wire. */
  public static ThresholdConfig adaptive(float initialThreshold) {
    return new ThresholdConfig(initialThreshold, 1e-4, 1e-2, 1.05f);
  }
}
