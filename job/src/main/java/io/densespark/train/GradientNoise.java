package io.densespark.train;

import java.io.Serializable;

/**
 * What the gradients of the ranks tell of the noise in one step's gradient (McCandlish et al., "An
 * Empirical Model of Large-Batch Training", 2018, appendix A.1): the squared length of a mean over
 * n examples is |G|^2 + tr(S) / n on average, for the true gradient G and the covariance S of one
 * example's. Two sizes of batch, a rank's and the global one, give both. Each is unbiased, their
 * ratio is not: average them over steps apart, then divide.
 *
 * @param squaredGradient estimate of |G|^2; often below 0 where noise prevails; NaN: none
 * @param variance estimate of tr(S); NaN: none
 */
public record GradientNoise(double squaredGradient, double variance) implements Serializable {

  /**
   * No estimate: one rank alone has examples, or the format sends something else than gradients.
   */
  public static final GradientNoise NONE = new GradientNoise(Double.NaN, Double.NaN);

  /**
   * The estimate of a step. Ranks count by their examples, so that a last batch that is shorter on
   * some of them does not bend it.
   *
   * @param ofRanks over the ranks with examples, the sum of |s|^2 / n for a rank's gradient s,
   *     summed over its n examples
   * @param ofSum |s|^2 of the gradient summed over all examples
   * @param ranks how many have examples
   * @param examples of all ranks, B
   */
  public static GradientNoise of(double ofRanks, double ofSum, int ranks, int examples) {
    if (ranks < 2) {
      return NONE;
    }
    double all = examples;
    double local = all / ranks;
    double small = ofRanks / all;
    double large = ofSum / (all * all);
    return new GradientNoise(
        (all * large - local * small) / (all - local), (small - large) / (1 / local - 1 / all));
  }

  /** Whether there is an estimate. */
  public boolean isKnown() {
    return Double.isFinite(squaredGradient) && Double.isFinite(variance);
  }
}
