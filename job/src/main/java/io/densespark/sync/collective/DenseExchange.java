package io.densespark.sync.collective;

import io.densespark.train.RankState;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Every value travels. A slot adds the gradients of its ranks, one after another, along the tree:
 * of ranks that are done it keeps one vector a level of the tree, however many they are.
 */
public final class DenseExchange implements GradientExchange {
  private final Collective collective;
  private final WirePrecision precision;
  private final RankRange all;
  private final RankRange mine;
  private final TreeSum tree;
  private final Deque<Part> parts = new ArrayDeque<>();
  private final Deque<FloatBuffer> free = new ArrayDeque<>();

  public DenseExchange(Collective collective, WirePrecision precision) {
    this.collective = collective;
    this.precision = precision;
    this.all = RankRange.all(collective.placement().worldSize());
    this.mine = collective.ranks();
    this.tree = new TreeSum(all.size());
  }

  /** Most vectors that are kept for a slot of so many ranks, beside the gradient under way. */
  public static int mostVectors(int ranks) {
    // A range that does not begin and end where branches do has up to two branches a level.
    return ranks == 1 ? 0 : 2 * (Integer.SIZE - Integer.numberOfLeadingZeros(ranks));
  }

  /** {@inheritDoc} The last rank's buffer is read until the sum is made. */
  @Override
  public void add(int rank, FloatBuffer gradient) {
    add(rank, gradient, Companions.of(0));
  }

  /** The same with further numbers, see {@link #sumWithCompanions}. */
  public void add(int rank, FloatBuffer gradient, Companions companions) {
    Part part = new Part(RankRange.of(rank), gradient, companions);
    while (!parts.isEmpty() && isSibling(parts.peekLast().ranks(), part.ranks())) {
      part = merge(parts.removeLast(), part);
    }
    boolean last = rank == mine.to() - 1;
    parts.addLast(part.values() == gradient && !last ? copy(part) : part);
  }

  private boolean isSibling(RankRange left, RankRange right) {
    RankRange parent = all.parent(right);
    return parent != null && parent.left().equals(left) && parent.right().equals(right);
  }

  private Part merge(Part left, Part right) {
    RankRange both = new RankRange(left.ranks().from(), right.ranks().to());
    FloatBuffer into = left.values();
    for (int at = 0; at < into.remaining(); at += TileCodec.TILE_VALUES) {
      int count = Math.min(TileCodec.TILE_VALUES, into.remaining() - at);
      tree.add(Operation.of(precision), both, List.of(left, right), at, count);
      into.put(into.position() + at, tree.values(), 0, count);
    }
    if (right.ranks().size() > 1) {
      free.push(right.values());
    }
    return new Part(both, into, left.companions().plus(right.companions()));
  }

  private Part copy(Part part) {
    FloatBuffer values = part.values();
    FloatBuffer kept = free.isEmpty() ? FloatBuffer.allocate(values.remaining()) : free.pop();
    kept.put(0, values, values.position(), values.remaining());
    return new Part(part.ranks(), kept, part.companions());
  }

  @Override
  public boolean sum(FloatBuffer total) {
    sumWithCompanions(total);
    return true;
  }

  /** As {@link #sum}; returns the sums of the companions, which cost no round of its own. */
  public Companions sumWithCompanions(FloatBuffer total) {
    return collective.sum(take(), total, precision);
  }

  /** The sums of all ranks added so far, in order; the next {@link #add} begins anew. */
  private List<Part> take() {
    List<Part> taken = new ArrayList<>(parts);
    for (Iterator<Part> each = parts.iterator(); each.hasNext(); ) {
      FloatBuffer values = each.next().values();
      boolean lent = !each.hasNext() && taken.get(taken.size() - 1).ranks().size() == 1;
      if (!lent) {
        free.push(values);
      }
    }
    parts.clear();
    return taken;
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
