package io.densespark.sync.collective;

import java.nio.ByteBuffer;

/**
 * Two numbers that travel beside the values of a {@link Part} and are added along the same tree, in
 * double: what a step sums beside its gradient costs no round of its own.
 *
 * @param first of a mean, the weight
 */
public record Companions(double first, double second) {

  static final int BYTES = 2 * Double.BYTES;

  /** One number. */
  public static Companions of(double only) {
    return new Companions(only, 0);
  }

  Companions plus(Companions other) {
    return new Companions(first + other.first, second + other.second);
  }

  void putTo(ByteBuffer bytes, int number) {
    bytes.putDouble(number * BYTES, first).putDouble(number * BYTES + Double.BYTES, second);
  }

  static Companions from(ByteBuffer bytes, int number) {
    return new Companions(
        bytes.getDouble(number * BYTES), bytes.getDouble(number * BYTES + Double.BYTES));
  }
}
