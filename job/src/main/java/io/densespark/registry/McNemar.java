package io.densespark.registry;

import org.apache.commons.math3.distribution.BinomialDistribution;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;

/**
 * Whether two classifiers err differently on the same examples (Q. McNemar, "Note on the sampling
 * error of the difference between correlated proportions or percentages", Psychometrika 12, 1947).
 * Only examples that one of them tells right and the other wrong matter: if both are as good, each
 * of these is a fair coin's throw.
 *
 * @param onlyFirst examples that only the first tells right
 * @param onlySecond examples that only the second tells right
 * @param pValue two-sided: how likely so uneven a split is by chance
 * @param method how it was computed
 */
record McNemar(long onlyFirst, long onlySecond, double pValue, Method method) {

  /** How the p-value is computed. */
  enum Method {
    /** Binomial distribution. */
    EXACT,
    /** Chi-squared with one degree of freedom and Edwards' correction for continuity. */
    CHI_SQUARED
  }

  /** Below this many discordant examples the chi-squared distribution is too coarse. */
  private static final int EXACT_BELOW = 25;

  static McNemar of(long onlyFirst, long onlySecond) {
    long discordant = onlyFirst + onlySecond;
    if (discordant == 0) {
      return new McNemar(0, 0, 1, Method.EXACT);
    }
    if (discordant < EXACT_BELOW) {
      // Both tails are alike. The library's own two-sided test misses the equal other tail by
      // rounding.
      double tail =
          new BinomialDistribution((int) discordant, 0.5)
              .cumulativeProbability((int) Math.min(onlyFirst, onlySecond));
      return new McNemar(onlyFirst, onlySecond, Math.min(1, 2 * tail), Method.EXACT);
    }
    double difference = Math.max(0, Math.abs(onlyFirst - onlySecond) - 1);
    double statistic = difference * difference / discordant;
    double p = 1 - new ChiSquaredDistribution(1).cumulativeProbability(statistic);
    return new McNemar(onlyFirst, onlySecond, p, Method.CHI_SQUARED);
  }
}
