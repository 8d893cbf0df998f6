package io.densespark.train;

import io.densespark.text.Text;
import java.io.Serializable;

/**
 * What training does beside the update of DL4J's updater, or in its place.
 *
 * @param emaDecay decay of the {@link MovingAverage} of the parameters; 0: none is kept
 * @param momentumCorrection whether Nesterov's velocity, which holds the rates of earlier steps, is
 *     scaled when the rate changes. The steps are then those of SGD as PyTorch has it, whose
 *     velocity is of gradients alone
 * @param clipNorm longest mean gradient of a step; longer ones are shortened to it; 0: any length
 * @param layerwise the rule that updates layer by layer, if any
 * @param trustCoefficient of LARS
 * @param normBatches global batches at the end of an epoch from which batch norm's statistics are
 *     estimated anew; 0: the running ones stay
 */
public record UpdateConfig(
    double emaDecay,
    boolean momentumCorrection,
    double clipNorm,
    Layerwise layerwise,
    double trustCoefficient,
    int normBatches)
    implements Serializable {

  /** Rules that scale the update of each layer's weights by a trust ratio. */
  public enum Layerwise {
    NONE,
    LARS,
    LAMB
  }

  /** DL4J's update and nothing else. */
  public static final UpdateConfig PLAIN = new UpdateConfig(0, false, 0, Layerwise.NONE, 0.001, 0);

  public UpdateConfig {
    require(emaDecay >= 0 && emaDecay < 1, "emaDecay", emaDecay, "0 to below 1");
    require(clipNorm >= 0, "clipNorm", clipNorm, "0 (any length) or more");
    require(trustCoefficient > 0, "trustCoefficient", trustCoefficient, "more than 0");
    require(normBatches >= 0, "normBatches", normBatches, "0 (none) or more");
  }

  /** The same with another average of the parameters. */
  public UpdateConfig withEmaDecay(double decay) {
    return new UpdateConfig(
        decay, momentumCorrection, clipNorm, layerwise, trustCoefficient, normBatches);
  }

  /** The same with batch norm estimated from another number of batches. */
  public UpdateConfig withNormBatches(int batches) {
    return new UpdateConfig(
        emaDecay, momentumCorrection, clipNorm, layerwise, trustCoefficient, batches);
  }

  private static void require(boolean right, String name, double value, String allowed) {
    if (!right) {
      throw new IllegalArgumentException(
          Text.format("%s is %s: allowed is %s", name, value, allowed));
    }
  }
}
