package io.densespark.train;

import java.util.Arrays;
import java.util.Objects;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Learning rate as a function of the global step, in DL4J's form so that DL4J's own updaters and
 * training masters follow it. Warm-up rises linearly; {@code LINEAR} falls in equal steps, which
 * with a warm-up is the triangle of Smith, "Cyclical Learning Rates" (WACV 2017); {@code COSINE} is
 * the half cosine of Loshchilov and Hutter, "SGDR" (ICLR 2017) without restarts; {@code ONE_CYCLE}
 * rises and falls as in Smith and Topin, "Super-Convergence" (2017), with cosine flanks.
 *
 * <p>A model that leaves the run must not carry this class: see {@link PlainModel}.
 */
public final class LearningRateSchedule implements ISchedule {

  /** {@code ONE_CYCLE} starts at this share of the peak. */
  private static final double ONE_CYCLE_START = 1.0 / 25;

  /** Share of the run in which {@code ONE_CYCLE} rises, where no warm-up is set. */
  private static final double ONE_CYCLE_RISE = 0.3;

  private final TrainConfig.ScheduleConfig.Kind kind;
  private final double peak;
  private final int warmupSteps;
  private final int totalSteps;
  private final int[] milestoneSteps;
  private final double factor;
  private final double finalFraction;

  /** Called by DL4J's JSON reader; everyone else uses {@link #of}. */
  LearningRateSchedule(
      @JsonProperty("kind") TrainConfig.ScheduleConfig.Kind kind,
      @JsonProperty("peak") double peak,
      @JsonProperty("warmupSteps") int warmupSteps,
      @JsonProperty("totalSteps") int totalSteps,
      @JsonProperty("milestoneSteps") int[] milestoneSteps,
      @JsonProperty("factor") double factor,
      @JsonProperty("finalFraction") double finalFraction) {
    this.kind = kind;
    this.peak = peak;
    this.warmupSteps = warmupSteps;
    this.totalSteps = totalSteps;
    this.milestoneSteps = milestoneSteps;
    this.factor = factor;
    this.finalFraction = finalFraction;
  }

  /** The schedule of a run of {@code epochs} epochs of {@code stepsPerEpoch} steps each. */
  public static LearningRateSchedule of(
      TrainConfig.ScheduleConfig config, double peak, int stepsPerEpoch, int epochs) {
    int total = Math.multiplyExact(stepsPerEpoch, epochs);
    int warmup = (int) Math.round(config.warmupEpochs() * stepsPerEpoch);
    if (config.kind() == TrainConfig.ScheduleConfig.Kind.ONE_CYCLE && warmup == 0) {
      warmup = (int) Math.round(ONE_CYCLE_RISE * total);
    }
    int[] milestones =
        config.milestones().stream()
            .mapToInt(epoch -> (int) Math.round(epoch * stepsPerEpoch))
            .toArray();
    return new LearningRateSchedule(
        config.kind(), peak, warmup, total, milestones, config.factor(), config.finalFraction());
  }

  /** Learning rate of a global step, counted from 0. DL4J calls the step an iteration. */
  @Override
  public double valueAt(int iteration, int epoch) {
    if (iteration < warmupSteps) {
      return kind == TrainConfig.ScheduleConfig.Kind.ONE_CYCLE
          ? cosine(peak * ONE_CYCLE_START, peak, (double) iteration / warmupSteps)
          : peak * (iteration + 1) / warmupSteps;
    }
    return switch (kind) {
      case CONSTANT -> peak;
      case STEP -> {
        double rate = peak;
        for (int milestone : milestoneSteps) {
          rate = iteration >= milestone ? rate * factor : rate;
        }
        yield rate;
      }
      case LINEAR -> peak + (peak * finalFraction - peak) * fallen(iteration);
      case COSINE, ONE_CYCLE -> cosine(peak, peak * finalFraction, fallen(iteration));
    };
  }

  /** How much of the steps after the warm-up are done, 0 to 1. */
  private double fallen(int iteration) {
    int span = Math.max(1, totalSteps - warmupSteps);
    return Math.min(1.0, (double) (iteration - warmupSteps) / span);
  }

  private static double cosine(double from, double to, double progress) {
    return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * progress));
  }

  @Override
  public ISchedule clone() {
    return new LearningRateSchedule(
        kind, peak, warmupSteps, totalSteps, milestoneSteps.clone(), factor, finalFraction);
  }

  // DL4J compares schedules to decide which parameters share one updater call.
  @Override
  public boolean equals(Object other) {
    return other instanceof LearningRateSchedule that
        && kind == that.kind
        && peak == that.peak
        && warmupSteps == that.warmupSteps
        && totalSteps == that.totalSteps
        && Arrays.equals(milestoneSteps, that.milestoneSteps)
        && factor == that.factor
        && finalFraction == that.finalFraction;
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, peak, warmupSteps, totalSteps, factor, finalFraction)
        + Arrays.hashCode(milestoneSteps);
  }

  /** Read by DL4J's JSON writer. */
  public TrainConfig.ScheduleConfig.Kind getKind() {
    return kind;
  }

  /** Highest learning rate of the run. */
  public double getPeak() {
    return peak;
  }

  /** Steps of warm-up. */
  public int getWarmupSteps() {
    return warmupSteps;
  }

  /** Steps of the run. */
  public int getTotalSteps() {
    return totalSteps;
  }

  /** Steps at which a {@code STEP} schedule multiplies the rate. */
  public int[] getMilestoneSteps() {
    return milestoneSteps.clone();
  }

  /** Multiplier of a {@code STEP} schedule. */
  public double getFactor() {
    return factor;
  }

  /** Last rate as a share of the peak. */
  public double getFinalFraction() {
    return finalFraction;
  }
}
