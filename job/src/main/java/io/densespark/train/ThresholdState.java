package io.densespark.train;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What one rank keeps between steps of the threshold format.
 *
 * @param threshold in use for the next step
 * @param residual what has been computed but not sent yet
 */
public record ThresholdState(float threshold, float[] residual) implements Serializable {

  /** The threshold, then the residual: what {@link #of} reads. */
  public float[] toArray() {
    float[] all = new float[residual.length + 1];
    all[0] = threshold;
    System.arraycopy(residual, 0, all, 1, residual.length);
    return all;
  }

  /** What {@link #toArray} wrote, in an array of its own. */
  public static ThresholdState of(float[] all) {
    return new ThresholdState(all[0], Arrays.copyOfRange(all, 1, all.length));
  }

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
