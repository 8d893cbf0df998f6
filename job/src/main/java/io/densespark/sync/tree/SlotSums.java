package io.densespark.sync.tree;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Vectors of the ranks of a slot, brought one after another and added along the tree of all ranks:
 * of ranks that are done one vector a level of the tree is kept, however many they are.
 *
 * @param <V> a vector
 */
public final class SlotSums<V> {

  /**
   * The sum of a branch's ranks.
   *
   * @param companions added along the same tree
   */
  public record Branch<V>(RankRange ranks, V values, Companions companions) {}

  /** Where vectors lie and how they are added. */
  public interface Vectors<V> {
    /** A copy of what a rank has brought, whose memory the next rank's will take. */
    V keep(V brought);

    /** The second one's values added to those of the first; what was kept for it is free then. */
    void add(Branch<V> into, Branch<V> other);
  }

  private final RankRange all;
  private final RankRange mine;
  private final Vectors<V> vectors;
  private final Deque<Branch<V>> branches = new ArrayDeque<>();

  /**
   * @param mine the ranks of the slot
   * @param worldSize number of all ranks
   */
  public SlotSums(RankRange mine, int worldSize, Vectors<V> vectors) {
    this.all = RankRange.all(worldSize);
    this.mine = mine;
    this.vectors = vectors;
  }

  /** Most vectors that are kept for a slot of so many ranks, beside the one under way. */
  public static int most(int ranks) {
    // A range that does not begin and end where branches do has up to two branches a level.
    return ranks == 1 ? 0 : 2 * (Integer.SIZE - Integer.numberOfLeadingZeros(ranks));
  }

  /** Brings the vector of the next rank; only the last one's stays where it is. */
  public void add(int rank, V brought, Companions companions) {
    Branch<V> branch = new Branch<>(RankRange.of(rank), brought, companions);
    while (!branches.isEmpty() && isSibling(branches.peekLast().ranks(), branch.ranks())) {
      Branch<V> left = branches.removeLast();
      vectors.add(left, branch);
      branch =
          new Branch<>(
              new RankRange(left.ranks().from(), branch.ranks().to()),
              left.values(),
              left.companions().plus(branch.companions()));
    }
    if (branch.ranks().size() == 1 && rank < mine.to() - 1) {
      branch = new Branch<>(branch.ranks(), vectors.keep(brought), companions);
    }
    branches.addLast(branch);
  }

  private boolean isSibling(RankRange left, RankRange right) {
    RankRange parent = all.parent(right);
    return parent != null && parent.left().equals(left) && parent.right().equals(right);
  }

  /** The branches that together are all ranks added so far; the next one begins anew. */
  public List<Branch<V>> take() {
    List<Branch<V>> taken = new ArrayList<>(branches);
    branches.clear();
    return taken;
  }
}
