package io.densespark.train;

import io.densespark.text.Text;

/** The loss or a parameter is no longer finite: going on would only spend time. */
public final class DivergedException extends RuntimeException {

  /** The message names the step and the value, and what to change. */
  public DivergedException(String message) {
    super(message);
  }

  /** The loss of a step is not finite. */
  public static DivergedException loss(double loss, int epoch, int step) {
    return new DivergedException(
        Text.format(
            "the loss became %s in epoch %d at step %d: lower train.optimizer.learning-rate or add warm-up",
            loss, epoch, step));
  }

  /** A parameter is not finite after an epoch. */
  public static DivergedException parameter(int index, float value, int epoch) {
    return new DivergedException(
        Text.format(
            "parameter %d became %s in epoch %d: lower train.optimizer.learning-rate or add warm-up",
            index, value, epoch));
  }
}
