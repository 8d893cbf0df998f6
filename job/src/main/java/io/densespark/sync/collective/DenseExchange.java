package io.densespark.sync.collective;

import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Operation;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.RankRange;
import io.densespark.sync.tree.SlotSums;
import io.densespark.sync.tree.TileCodec;
import io.densespark.sync.tree.TreeSum;
import io.densespark.sync.tree.WirePrecision;
import io.densespark.train.RankState;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Every value travels. A slot adds the gradients of its ranks, one after another, along the tree:
 * of ranks that are done it keeps one vector a level of the tree, however many they are.
 */
public final class DenseExchange implements GradientExchange {
  private final Collective collective;
  private final WirePrecision precision;
  private final TreeSum tree;
  private final SlotSums<FloatBuffer> sums;
  private final Deque<FloatBuffer> free = new ArrayDeque<>();

  /**
   * @param precision in which values travel, and are rounded
   */
  public DenseExchange(Collective collective, WirePrecision precision) {
    this.collective = collective;
    this.precision = precision;
    this.tree = new TreeSum(collective.placement().worldSize());
    this.sums =
        new SlotSums<>(collective.ranks(), collective.placement().worldSize(), new OfThisMachine());
  }

  /** {@inheritDoc} The last rank's buffer is read until the sum is made. */
  @Override
  public void add(int rank, FloatBuffer gradient) {
    add(rank, gradient, Companions.of(0));
  }

  /** The same with further numbers, see {@link #sumWithCompanions}. */
  public void add(int rank, FloatBuffer gradient, Companions companions) {
    sums.add(rank, gradient, companions);
  }

  private final class OfThisMachine implements SlotSums.Vectors<FloatBuffer> {
    @Override
    public FloatBuffer keep(FloatBuffer values) {
      FloatBuffer kept = free.isEmpty() ? FloatBuffer.allocate(values.remaining()) : free.pop();
      return kept.put(0, values, values.position(), values.remaining());
    }

    @Override
    public void add(SlotSums.Branch<FloatBuffer> left, SlotSums.Branch<FloatBuffer> right) {
      RankRange both = new RankRange(left.ranks().from(), right.ranks().to());
      List<Part> parts = List.of(part(left), part(right));
      FloatBuffer into = left.values();
      for (int at = 0; at < into.remaining(); at += TileCodec.TILE_VALUES) {
        int count = Math.min(TileCodec.TILE_VALUES, into.remaining() - at);
        tree.add(Operation.of(precision), both, parts, at, count);
        into.put(into.position() + at, tree.values(), 0, count);
      }
      if (right.ranks().size() > 1) {
        free.push(right.values());
      }
    }
  }

  private static Part part(SlotSums.Branch<FloatBuffer> branch) {
    return new Part(branch.ranks(), branch.values(), branch.companions());
  }

  @Override
  public boolean sum(FloatBuffer total) {
    sumWithCompanions(total);
    return true;
  }

  /** As {@link #sum}; returns the sums of the companions, which cost no round of its own. */
  public Companions sumWithCompanions(FloatBuffer total) {
    List<Part> parts = sums.take().stream().map(DenseExchange::part).toList();
    for (Part part : parts) {
      boolean lent = part.ranks().equals(RankRange.of(collective.ranks().to() - 1));
      if (!lent) {
        free.push(part.values());
      }
    }
    return collective.sum(parts, total, precision);
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
