package io.densespark.train;

import java.io.Serializable;

/**
 * What a step does beside the update of DL4J's updater.
 *
 * @param emaDecay decay of the {@link MovingAverage} of the parameters; 0: none is kept
 */
public record UpdateConfig(double emaDecay) implements Serializable {

  /** DL4J's update and nothing else. */
  public static final UpdateConfig PLAIN = new UpdateConfig(0);

  public UpdateConfig {
    if (!(emaDecay >= 0 && emaDecay < 1)) {
      throw new IllegalArgumentException("emaDecay is " + emaDecay + ": allowed is 0 to below 1");
    }
  }
}
