package io.densespark.engine.onednn;

/**
 * What changes from call to call. One object serves a plan for life; it holds addresses of arrays
 * that the caller keeps alive during the call.
 */
final class StepInputs {
  long parameters;

  /** Differs from that of an earlier call wherever the parameters do. */
  long parametersVersion;

  long gradient;
  long features;
  boolean featuresAreBytes;
  long labels;
  long noiseSeed;

  /** Set by the loss. */
  double meanLoss;

  long addressOf(Place.Array array) {
    return switch (array) {
      case PARAMETERS -> parameters;
      case GRADIENT -> gradient;
      case FEATURES -> features;
    };
  }
}
