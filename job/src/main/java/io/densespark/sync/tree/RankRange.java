package io.densespark.sync.tree;

import io.densespark.text.Text;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Ranks beside each other, and the binary tree along which what they bring is added: a range is
 * split at the largest power of two below its size, down to single ranks. So sums depend on the
 * ranks alone, and never on which process holds which of them. (Pairwise summation, whose error
 * grows with the logarithm of the number of ranks: Higham, "The accuracy of floating point
 * summation", SIAM J. Sci. Comput. 14(4), 1993.)
 *
 * @param from first rank
 * @param to behind the last rank
 */
public record RankRange(int from, int to) implements Serializable {

  public RankRange {
    if (from < 0 || to <= from) {
      throw new IllegalArgumentException(
          Text.format("ranks %d to below %d: a range has at least one rank, from 0", from, to));
    }
  }

  /** One rank. */
  public static RankRange of(int rank) {
    return new RankRange(rank, rank + 1);
  }

  /** All ranks of a run. */
  public static RankRange all(int worldSize) {
    return new RankRange(0, worldSize);
  }

  /** How many ranks. */
  public int size() {
    return to - from;
  }

  /** Each of them. */
  public List<Integer> toList() {
    return IntStream.range(from, to).boxed().toList();
  }

  private int middle() {
    return from + Integer.highestOneBit(size() - 1);
  }

  /** The first branch of a range of several ranks. */
  public RankRange left() {
    return new RankRange(from, middle());
  }

  /** The second branch of a range of several ranks. */
  public RankRange right() {
    return new RankRange(middle(), to);
  }

  boolean contains(RankRange other) {
    return from <= other.from && other.to <= to;
  }

  /** The fewest branches of this range's tree that together are a part of it, in order. */
  public List<RankRange> branches(RankRange part) {
    List<RankRange> found = new ArrayList<>();
    collect(part, found);
    return found;
  }

  private void collect(RankRange part, List<RankRange> found) {
    if (part.contains(this)) {
      found.add(this);
    } else if (part.from < to && from < part.to) {
      left().collect(part, found);
      right().collect(part, found);
    }
  }

  /** The smallest branch of this range's tree that is the other one's parent; null for itself. */
  RankRange parent(RankRange branch) {
    RankRange at = this;
    while (!at.equals(branch)) {
      RankRange next = at.left().contains(branch) ? at.left() : at.right();
      if (next.equals(branch)) {
        return at;
      }
      at = next;
    }
    return null;
  }

  @Override
  public String toString() {
    return size() == 1 ? "rank " + from : "ranks " + from + " to " + (to - 1);
  }
}
