package io.densespark.sync.tree;

import java.nio.ByteBuffer;

/**
 * Two numbers that travel beside the values of a {@link Part} and are added along the same tree, in
 * double: what a step sums beside its gradient costs no round of its own.
 *
 * @param first of a mean, the weight
 */
public record Companions(double first, double second) {

  /** Length of one number's companions in a frame. */
  public static final int BYTES = 2 * Double.BYTES;

  /** One number. */
  public static Companions of(double only) {
    return new Companions(only, 0);
  }

  Companions plus(Companions other) {
    return new Companions(first + other.first, second + other.second);
  }

  /** Writes them as those of part {@code number} of a frame. */
  public void putTo(ByteBuffer bytes, int number) {
    bytes.putDouble(number * BYTES, first).putDouble(number * BYTES + Double.BYTES, second);
  }

  static Companions from(ByteBuffer bytes, int number) {
    return new Companions(
        bytes.getDouble(number * BYTES), bytes.getDouble(number * BYTES + Double.BYTES));
  }
}
