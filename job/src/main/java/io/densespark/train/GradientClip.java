package io.densespark.train;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * Shortens a gradient whose norm, over all layers, is above a limit (Pascanu, Mikolov and Bengio,
 * "On the difficulty of training recurrent neural networks", ICML 2013). Steps of running
 * statistics are no gradients: they are neither counted nor changed.
 */
final class GradientClip {

  private static final int TILE = 2048;

  private final double limit;
  private final List<ParameterRange> ranges;
  private final float[] tile = new float[TILE];

  GradientClip(double limit, List<ParameterRange> ranges) {
    this.limit = limit;
    this.ranges = ranges.stream().filter(range -> !range.statistics()).toList();
  }

  double limit() {
    return limit;
  }

  /**
   * Shortens the sum of the gradients of so many examples so that their mean keeps to the limit.
   */
  void apply(FloatBuffer sum, int examples) {
    double squares = 0;
    for (ParameterRange range : ranges) {
      for (int start = range.start(); start < range.end(); start += TILE) {
        int n = Math.min(TILE, range.end() - start);
        sum.get(start, tile, 0, n);
        for (int i = 0; i < n; i++) {
          squares += (double) tile[i] * tile[i];
        }
      }
    }
    double norm = Math.sqrt(squares) / examples;
    if (norm > limit) {
      scale(sum, (float) (limit / norm));
    }
  }

  private void scale(FloatBuffer sum, float factor) {
    for (ParameterRange range : ranges) {
      for (int start = range.start(); start < range.end(); start += TILE) {
        int n = Math.min(TILE, range.end() - start);
        sum.get(start, tile, 0, n);
        for (int i = 0; i < n; i++) {
          tile[i] *= factor;
        }
        sum.put(start, tile, 0, n);
      }
    }
  }
}
