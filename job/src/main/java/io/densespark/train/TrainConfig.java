package io.densespark.train;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Settings of the optimisation.
 *
 * @param epochs passes over the training images
 * @param batchSize global batch: examples of one optimizer update, over all replicas
 * @param seed seed of initial parameters, shuffling, augmentation and dropout
 * @param optimizer update rule
 * @param schedule learning rate over the run
 * @param l2 coefficient of L2 regularisation of weights
 * @param labelSmoothing share of each label spread evenly over all classes, 0 to below 1
 * @param timeLimit the run stops with exit code 22 after this long; empty: never
 * @param warmStart model zip whose parameters training begins from; empty: from random ones
 */
public record TrainConfig(
    int epochs,
    int batchSize,
    long seed,
    OptimizerConfig optimizer,
    ScheduleConfig schedule,
    double l2,
    double labelSmoothing,
    Optional<Duration> timeLimit,
    Optional<String> warmStart) {

  /** Update rule; the fields that a rule does not use are ignored. */
  public record OptimizerConfig(
      Kind kind, double learningRate, double momentum, double beta1, double beta2, double epsilon) {

    /** The update rules, all of them DL4J's own. */
    public enum Kind {
      SGD,
      NESTEROV,
      ADAM
    }
  }

  /**
   * Learning rate as a function of the global step.
   *
   * @param kind shape of the curve after warm-up
   * @param warmupEpochs epochs over which the rate rises linearly from near 0; 0: none
   * @param milestones for {@code STEP}: epochs at which the rate is multiplied by {@code factor}
   * @param factor for {@code STEP}: the multiplier, between 0 and 1
   * @param finalFraction for {@code COSINE} and {@code ONE_CYCLE}: last rate as a share of the peak
   */
  public record ScheduleConfig(
      Kind kind,
      double warmupEpochs,
      List<Double> milestones,
      double factor,
      double finalFraction) {

    /** Shapes of the learning-rate curve. */
    public enum Kind {
      CONSTANT,
      STEP,
      COSINE,
      ONE_CYCLE
    }
  }
}
