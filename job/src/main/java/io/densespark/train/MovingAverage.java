package io.densespark.train;

import java.nio.FloatBuffer;

/**
 * Exponential moving average of the parameters (Polyak and Juditsky, "Acceleration of stochastic
 * approximation by averaging", 1992), batch norm's running statistics included. The decay rises to
 * the one that is set as {@code min(decay, (1 + t) / (10 + t))} over the steps t done before: so
 * does TensorFlow's {@code ExponentialMovingAverage} when told the number of updates. Random
 * initial parameters are forgotten within a few steps.
 *
 * <p>It follows the parameters when all replicas hold the same ones. In parameter averaging that is
 * once a round, with the decays of the round's steps multiplied.
 */
final class MovingAverage {

  private static final int TILE = 2048;

  private final double decay;
  private final float[] tile = new float[TILE];
  private float[] values;

  MovingAverage(double decay) {
    this.decay = decay;
  }

  /** The average, [parameterCount]; not a copy. */
  float[] values() {
    return values;
  }

  /** Goes on from an average; from the parameters where there is none yet. */
  void begin(float[] average, FloatBuffer parameters) {
    values = new float[parameters.capacity()];
    if (average.length > 0) {
      System.arraycopy(average, 0, values, 0, values.length);
    } else {
      parameters.get(0, values);
    }
  }

  /**
   * Moves towards the parameters.
   *
   * @param from steps of the run done before the round
   * @param to steps done after it
   */
  void follow(FloatBuffer parameters, int from, int to) {
    float weight = weight(from, to);
    for (int start = 0; start < values.length; start += TILE) {
      int n = Math.min(TILE, values.length - start);
      parameters.get(start, tile, 0, n);
      for (int i = 0; i < n; i++) {
        values[start + i] += weight * (tile[i] - values[start + i]);
      }
    }
  }

  /** The share of the parameters in the average after these steps. */
  float weight(int from, int to) {
    double kept = 1;
    for (int step = from; step < to; step++) {
      kept *= Math.min(decay, (1.0 + step) / (10.0 + step));
    }
    return (float) (1 - kept);
  }
}
