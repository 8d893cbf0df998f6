package io.densespark.train;

import io.densespark.text.Text;
import java.io.Serializable;

/**
 * What a step does beside the update of DL4J's updater, or in its place.
 *
 * @param emaDecay decay of the {@link MovingAverage} of the parameters; 0: none is kept
 * @param momentumCorrection whether Nesterov's velocity, which holds the rates of earlier steps, is
 *     scaled when the rate changes. The steps are then those of SGD as PyTorch has it, whose
 *     velocity is of gradients alone
 * @param clipNorm longest mean gradient of a step; longer ones are shortened to it; 0: any length
 * @param layerwise the rule that updates layer by layer, if any
 * @param trustCoefficient of LARS
 */
public record UpdateConfig(
    double emaDecay,
    boolean momentumCorrection,
    double clipNorm,
    Layerwise layerwise,
    double trustCoefficient)
    implements Serializable {

  /** Rules that scale the update of each layer's weights by a trust ratio. */
  public enum Layerwise {
    NONE,
    LARS,
    LAMB
  }

  /** DL4J's update and nothing else. */
  public static final UpdateConfig PLAIN = new UpdateConfig(0, false, 0, Layerwise.NONE, 0.001);

  public UpdateConfig {
    require(emaDecay >= 0 && emaDecay < 1, "emaDecay", emaDecay, "0 to below 1");
    require(clipNorm >= 0, "clipNorm", clipNorm, "0 (any length) or more");
    require(trustCoefficient > 0, "trustCoefficient", trustCoefficient, "more than 0");
  }

  /** The same with another average of the parameters. */
  public UpdateConfig withEmaDecay(double decay) {
    return new UpdateConfig(decay, momentumCorrection, clipNorm, layerwise, trustCoefficient);
  }

  private static void require(boolean right, String name, double value, String allowed) {
    if (!right) {
      throw new IllegalArgumentException(
          Text.format("%s is %s: allowed is %s", name, value, allowed));
    }
  }
}
