package io.densespark.engine.plan;

import io.densespark.engine.EngineConfig.Precision;

/** Type of an image's values in memory. Rows and vectors are always float32. */
public enum Element {
  FLOAT32(4),
  /** The upper half of a float32: its exponent, and 8 bits of mantissa with the hidden one. */
  BFLOAT16(2);

  private final int bytes;

  Element(int bytes) {
    this.bytes = bytes;
  }

  /** The type in which images pass between instructions at a precision of the engine. */
  public static Element of(Precision precision) {
    return precision == Precision.BF16 ? BFLOAT16 : FLOAT32;
  }

  /** Bytes of a value. */
  public int bytes() {
    return bytes;
  }
}
