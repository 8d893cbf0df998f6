package io.densespark.sync.tree;

import io.densespark.text.Text;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which slot computes which ranks, and which executor holds which slots. Slots share the ranks in
 * order and as evenly as can be; those of an executor are beside each other.
 *
 * @param worldSize number of ranks
 * @param slotsOfExecutor by executor, how many slots it has
 */
public record Placement(int worldSize, List<Integer> slotsOfExecutor) {

  public Placement {
    slotsOfExecutor = List.copyOf(slotsOfExecutor);
    int slots = slotsOfExecutor.stream().mapToInt(Integer::intValue).sum();
    if (slotsOfExecutor.stream().anyMatch(n -> n < 1) || slots < 1 || slots > worldSize) {
      throw new IllegalArgumentException(
          Text.format(
              "slots %s for %d ranks: every executor has a slot, and every slot a rank",
              slotsOfExecutor, worldSize));
    }
  }

  /** Number of slots. */
  public int slots() {
    return firstSlot(executors());
  }

  /** Number of executors. */
  public int executors() {
    return slotsOfExecutor.size();
  }

  /** The first slot of an executor, which speaks for it. */
  public int firstSlot(int executor) {
    return slotsOfExecutor.subList(0, executor).stream().mapToInt(Integer::intValue).sum();
  }

  /** The executor of a slot. */
  public int executorOf(int slot) {
    return IntStream.range(0, executors())
        .filter(e -> slot < firstSlot(e + 1))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "slot " + slot + ": slots go from 0 to " + (slots() - 1)));
  }

  /** The ranks that a slot computes. */
  public RankRange ranksOfSlot(int slot) {
    long all = worldSize;
    return new RankRange((int) (all * slot / slots()), (int) (all * (slot + 1) / slots()));
  }

  /** The ranks that the slots of an executor compute. */
  public RankRange ranksOfExecutor(int executor) {
    return new RankRange(
        ranksOfSlot(firstSlot(executor)).from(), ranksOfSlot(firstSlot(executor + 1) - 1).to());
  }

  /** The partial sums that an executor sends. */
  public List<RankRange> branchesOf(int executor) {
    return RankRange.all(worldSize).branches(ranksOfExecutor(executor));
  }
}
