package io.densespark.scaling;

/** How a quantity grows with the global batch. */
public enum Growth {
  NONE(0),
  SQUARE_ROOT(0.5),
  LINEAR(1);

  private final double exponent;

  Growth(double exponent) {
    this.exponent = exponent;
  }

  /** What a quantity that is meant for {@code baseBatch} is multiplied by at {@code batch}. */
  public double factor(int batch, int baseBatch) {
    return Math.pow((double) batch / baseBatch, exponent);
  }
}
