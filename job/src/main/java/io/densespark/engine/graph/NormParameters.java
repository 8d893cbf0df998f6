package io.densespark.engine.graph;

import java.util.Optional;

/**
 * Where a batch norm finds its parameters, and its constants.
 *
 * @param channels number of channels normalised
 * @param scaleShift gamma, followed by beta, in the flat vector; empty where they are locked
 * @param lockedGamma scale where gamma is locked
 * @param lockedBeta shift where beta is locked
 * @param mean running mean
 * @param spread running variance, or log10 of the running deviation
 * @param spreadIsLogStd which of the two {@code spread} holds
 * @param epsilon added to the variance
 * @param decay weight of the old running statistics in their update
 */
public record NormParameters(
    int channels,
    Optional<Slice> scaleShift,
    float lockedGamma,
    float lockedBeta,
    Slice mean,
    Slice spread,
    boolean spreadIsLogStd,
    double epsilon,
    double decay) {

  /** Gamma in the flat vector, where it is a parameter. */
  public Optional<Slice> gamma() {
    return scaleShift.map(both -> new Slice(both.offset(), channels));
  }

  /** Beta in the flat vector, where it is a parameter. */
  public Optional<Slice> beta() {
    return scaleShift.map(both -> new Slice(both.offset() + channels, channels));
  }
}
