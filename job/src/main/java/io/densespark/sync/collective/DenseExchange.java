package io.densespark.sync.collective;

import io.densespark.train.RankState;
import java.nio.FloatBuffer;
import java.util.List;

/** Every value travels. */
public final class DenseExchange implements GradientExchange {
  private final Collective collective;
  private final WirePrecision precision;
  private final PartialSums partialSums;

  public DenseExchange(Collective collective, WirePrecision precision) {
    this.collective = collective;
    this.precision = precision;
    this.partialSums =
        new PartialSums(
            RankRange.all(collective.placement().worldSize()), collective.ranks(), precision);
  }

  @Override
  public void add(int rank, FloatBuffer gradient) {
    add(rank, gradient, Companions.of(0));
  }

  /** The same with further numbers, see {@link #sumWithCompanions}. */
  public void add(int rank, FloatBuffer gradient, Companions companions) {
    partialSums.add(rank, gradient, companions);
  }

  @Override
  public boolean sum(FloatBuffer total) {
    sumWithCompanions(total);
    return true;
  }

  /** As {@link #sum}; returns the sums of the companions, which cost no round of its own. */
  public Companions sumWithCompanions(FloatBuffer total) {
    return collective.sum(partialSums.take(), total, precision);
  }

  @Override
  public List<RankState> states() {
    return List.of();
  }

  @Override
  public void restore(List<RankState> states) {
    throw new IllegalArgumentException(
        "wire format "
            + precision
            + " keeps no residual: resume with the format of the checkpoint");
  }
}
