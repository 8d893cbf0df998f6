package io.densespark.engine;

import java.util.List;

/**
 * One step's update as devices make it, in float32, term by term and without fused multiply-adds:
 * for each parameter
 *
 * <pre>
 *   g = gradient, shortened, divided by the examples, + l2 * parameter
 *   parameter -= rule(g, state)
 * </pre>
 *
 * @param runs which follow one another and together are all parameters
 * @param examples over which the gradient is a sum
 * @param clipNorm longest mean gradient; longer ones are shortened to it; 0: any length
 */
public record DeviceUpdate(List<Run> runs, int examples, double clipNorm) {

  /**
   * How a gradient g becomes an update u, with the coefficients a to f, the state v, w, the
   * parameters p and the run's trust ratio r. Runs without one leave out the bracketed steps.
   */
  public enum Rule {
    /** {@code u = g}. */
    UNCHANGED,
    /** {@code u = a g}. */
    SGD,
    /** {@code old = b v; v = old - a g; u = old + c v}. */
    NESTEROV,
    /** {@code v = b v + (1 - b) g; w = c w + (1 - c) g g; u = v a / (sqrt(w) + d)}. */
    ADAM,
    /**
     * {@code [g = r (g + l2 p),] v = b v - a g; u = -v}, r being {@code trust |p| / (|g| + l2
     * |p|)}, or 1 where a length is 0; l2 is not added before.
     */
    LARS,
    /**
     * {@code v = b v + (1 - b) g; w = c w + (1 - c) g g; u = v / e / (sqrt(w / f) + d); [u = u + l2
     * p; u = r u;] u = a u}, r being {@code trust |p| / |u|}, or 1 where a length is 0; l2 is not
     * added before.
     */
    LAMB
  }

  /**
   * A run of parameters that are updated alike.
   *
   * @param start first parameter
   * @param end after the last parameter
   * @param state where the state of the first parameter lies
   * @param stateStride from one vector of state to the next
   * @param coefficients of the rule, up to six
   * @param divided whether the gradient is a sum over examples, of which the update takes the mean
   * @param clipped whether the gradient counts for the norm and is shortened
   * @param l2 coefficient of L2 regularisation; 0: none
   * @param trust for LARS and LAMB, what trust ratios are multiples of; 0: the run has none.
   *     Lengths are added up in double
   */
  public record Run(
      int start,
      int end,
      int state,
      int stateStride,
      Rule rule,
      List<Float> coefficients,
      boolean divided,
      boolean clipped,
      double l2,
      double trust) {}
}
