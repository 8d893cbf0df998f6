package io.densespark.engine.plan;

/**
 * Which optimisations a plan uses. All are on unless a test or a measurement asks otherwise;
 * results agree to rounding either way.
 *
 * @param fuseNormRelu batch norm and the ReLU behind it run as one operation
 * @param poolBeforePointwise average pooling moves before a 1x1 convolution
 * @param foldNorm inference applies batch norm and activation inside the convolution before them
 * @param elideConcat concatenated values are written where the concatenation wants them
 * @param shareStatistics channels already normalised over the same memory keep their statistics
 * @param winograd convolutions may use Winograd's minimal filtering
 * @param reuseMemory buffers whose lifetimes do not meet share bytes
 */
public record PlanOptions(
    boolean fuseNormRelu,
    boolean poolBeforePointwise,
    boolean foldNorm,
    boolean elideConcat,
    boolean shareStatistics,
    boolean winograd,
    boolean reuseMemory) {

  /** Every optimisation. */
  public static PlanOptions all() {
    return new PlanOptions(true, true, true, true, true, true, true);
  }

  /** No optimisation. */
  public static PlanOptions none() {
    return new PlanOptions(false, false, false, false, false, false, false);
  }
}
