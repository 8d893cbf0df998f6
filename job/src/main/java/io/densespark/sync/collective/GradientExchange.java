package io.densespark.sync.collective;

import io.densespark.train.RankState;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Sums gradients over the ranks in the configured wire format; all slots end with the same bits. In
 * each step a slot brings the gradients of its ranks, one after another, and then asks for the sum.
 */
public sealed interface GradientExchange permits DenseExchange, ThresholdExchange {

  /** Brings the gradient of the next rank; the buffer may be filled anew for the rank after it. */
  void add(int rank, FloatBuffer gradient);

  /**
   * Writes the sum over all ranks, as far as the format carries it.
   *
   * @param total may be the buffer of the gradients
   * @return false if training has diverged, on all slots alike; true says no more than that nobody
   *     saw a value that is not finite
   */
  boolean sum(FloatBuffer total);

  /**
   * What has to be kept for an exact resume, for each of this slot's ranks: the threshold, then the
   * residual; empty for the formats without memory.
   */
  List<RankState> states();

  /**
   * Goes on from what {@link #states} returned.
   *
   * @throws IllegalArgumentException if the format has no memory, or one of another length
   */
  void restore(List<RankState> states);
}
