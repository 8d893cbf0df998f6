package io.densespark.sync.collective;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What one rank keeps between steps of the threshold format.
 *
 * @param threshold in use for the next step
 * @param residual what has been computed but not sent yet
 */
public record ThresholdState(float threshold, float[] residual) implements Serializable {

  @Override
  public boolean equals(Object other) {
    return other instanceof ThresholdState that
        && Float.floatToIntBits(threshold) == Float.floatToIntBits(that.threshold)
        && Arrays.equals(residual, that.residual);
  }

  @Override
  public int hashCode() {
    return 31 * Float.hashCode(threshold) + Arrays.hashCode(residual);
  }

  @Override
  public String toString() {
    return "ThresholdState[threshold="
        + threshold
        + ", residual of "
        + residual.length
        + " values]";
  }
}
