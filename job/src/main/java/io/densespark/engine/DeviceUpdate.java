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

  /** How a gradient g becomes an update u, with the coefficients a, b, c, d and the state v, w. */
  public enum Rule {
    /** {@code u = g}. */
    UNCHANGED,
    /** {@code u = a g}. */
    SGD,
    /** {@code old = b v; v = old - a g; u = old + c v}. */
    NESTEROV,
    /** {@code v = b v + (1 - b) g; w = c w + (1 - c) g g; u = v a / (sqrt(w) + d)}. */
    ADAM
  }

  /**
   * A run of parameters that are updated alike.
   *
   * @param start first parameter
   * @param end after the last parameter
   * @param state where the state of the first parameter lies
   * @param stateStride from one vector of state to the next
   * @param coefficients of the rule, up to four
   * @param divided whether the gradient is a sum over examples, of which the update takes the mean
   * @param clipped whether the gradient counts for the norm and is shortened
   * @param l2 coefficient of L2 regularisation; 0: none
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
      float l2) {}
}
