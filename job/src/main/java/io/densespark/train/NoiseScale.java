package io.densespark.train;

/**
 * The gradient noise scale of a run, tr(S) / |G|^2: about the batch beyond which a larger one no
 * longer saves as many steps as it costs examples. Both are averaged over the steps with
 * exponential weights, corrected for the start as Adam's are, before one is divided by the other.
 *
 * <p>It belongs to the local batch: batch norm makes a rank's gradient that of its own batch's
 * statistics.
 */
public final class NoiseScale {

  private static final double DECAY = 0.99;

  private GradientNoise average = GradientNoise.NONE;

  /** Goes on from an earlier {@link #average}. */
  public void restore(GradientNoise earlier) {
    average = earlier;
  }

  /**
   * Takes in the estimate of a step, if there is one.
   *
   * @param step global, from 1
   */
  public void add(int step, GradientNoise noise) {
    if (!noise.isKnown()) {
      return;
    }
    if (!average.isKnown()) {
      average = noise;
      return;
    }
    double weight = (1 - DECAY) / (1 - StrictMath.pow(DECAY, step));
    average =
        new GradientNoise(
            mix(average.squaredGradient(), noise.squaredGradient(), weight),
            mix(average.variance(), noise.variance(), weight));
  }

  private static double mix(double old, double next, double weight) {
    return old + weight * (next - old);
  }

  /** Numerator and denominator. */
  public GradientNoise average() {
    return average;
  }

  /** In examples; NaN where it is not resolved: noise hides the gradient, or nothing is known. */
  public double examples() {
    return average.squaredGradient() > 0
        ? average.variance() / average.squaredGradient()
        : Double.NaN;
  }
}
