package io.densespark.sync.collective;

/**
 * The weighted mean of parameters or updater state, with its rounding stated, so that every way of
 * computing it gives the same bits: per element, the products {@code weight * value} are formed and
 * added in double, in the order of ranks, starting with the first rank of positive weight; the sum
 * is divided by the total weight in double, and the quotient rounded once to float.
 *
 * <p>With weights below 2^29 the products are exact, and so the mean of equal values is that value.
 * Ranks of weight 0 are left out, whatever their values.
 */
public final class AveragingArithmetic {
  private AveragingArithmetic() {}

  /**
   * Mean over ranks.
   *
   * @param byRank values of each rank, of equal length
   * @param examples weight of each rank
   * @param mean receives the result; may be one of the inputs
   * @throws IllegalArgumentException if lengths differ, a weight is negative, or all weights are 0
   */
  public static void weightedMean(float[][] byRank, long[] examples, float[] mean) {
    if (byRank.length != examples.length) {
      throw new IllegalArgumentException(
          byRank.length + " ranks with " + examples.length + " weights: one weight for each rank");
    }
    double[] sum = new double[mean.length];
    long total = 0;
    for (int rank = 0; rank < byRank.length; rank++) {
      requireWeight(examples[rank]);
      if (byRank[rank].length != mean.length) {
        throw new IllegalArgumentException(
            "rank %d has %d values, the mean %d: lengths must be equal"
                .formatted(rank, byRank[rank].length, mean.length));
      }
      if (examples[rank] > 0) {
        accumulate(sum, 0, byRank[rank], mean.length, examples[rank], total == 0);
        total += examples[rank];
      }
    }
    finish(sum, 0, mean, mean.length, total);
  }

  /**
   * Adds one rank's {@code values[0, count)} to {@code sum[at, at + count)}, or starts the sum with
   * them.
   */
  static void accumulate(
      double[] sum, int at, float[] values, int count, long weight, boolean first) {
    double factor = weight;
    if (first) {
      for (int i = 0; i < count; i++) {
        sum[at + i] = factor * values[i];
      }
    } else {
      for (int i = 0; i < count; i++) {
        sum[at + i] += factor * values[i];
      }
    }
  }

  /** Writes the mean of {@code sum[at, at + count)} to {@code mean[0, count)}. */
  static void finish(double[] sum, int at, float[] mean, int count, long total) {
    requireTotal(total);
    double divisor = total;
    for (int i = 0; i < count; i++) {
      mean[i] = (float) (sum[at + i] / divisor);
    }
  }

  static void requireWeight(long examples) {
    if (examples < 0) {
      throw new IllegalArgumentException(
          "weight " + examples + ": a count of examples is 0 or more");
    }
  }

  static void requireTotal(long total) {
    if (total <= 0) {
      throw new IllegalArgumentException(
          "total weight " + total + ": at least one rank must have examples to average over");
    }
  }
}
