package io.densespark.train;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What one rank has of its own between two rounds, where not all that training changes is the same
 * on all ranks.
 *
 * @param values their meaning is that of whoever keeps them: the threshold format's threshold and
 *     residual, or DL4J's flat updater state where it is not averaged
 */
public record RankState(float[] values) implements Serializable {

  @Override
  public boolean equals(Object other) {
    return other instanceof RankState that && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "RankState[" + values.length + " values]";
  }
}
