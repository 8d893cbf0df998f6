package io.densespark.sync.collective;

import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.train.ThresholdState;
import java.nio.FloatBuffer;
import java.util.Optional;

/**
 * Sums gradients over the ranks in the configured wire format; all ranks end with the same bits.
 */
public sealed interface GradientExchange permits DenseExchange, ThresholdExchange {

  /**
   * Replaces this rank's gradient by the sum over all ranks, as far as the format carries it.
   *
   * @return false if training has diverged, on all ranks alike; true says no more than that nobody
   *     saw a value that is not finite
   */
  boolean sum(FloatBuffer gradient);

  /** How gradients travel. */
  WireFormat wireFormat();

  /** What has to be kept for an exact resume; empty for the formats without memory. */
  Optional<ThresholdState> state();

  /**
   * Goes on from what {@link #state} returned.
   *
   * @throws IllegalArgumentException if the format has no memory, or one of another length
   */
  void restore(ThresholdState state);

  /**
   * The exchange for a format.
   *
   * @param length values of a gradient
   * @param threshold settings of {@link WireFormat#THRESHOLD}; not looked at for other formats
   */
  static GradientExchange of(
      WireFormat format, Collective collective, int length, ThresholdConfig threshold) {
    return switch (format) {
      case FP32 -> new DenseExchange(collective, WirePrecision.FP32);
      case BF16 -> new DenseExchange(collective, WirePrecision.BF16);
      case THRESHOLD -> new ThresholdExchange(collective, length, threshold);
    };
  }
}
