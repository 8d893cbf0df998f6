package io.densespark.data;

import io.densespark.random.KeyedRandom;
import io.densespark.text.Text;
import java.util.Arrays;

/**
 * Which examples a rank owns and in which order it visits them: a function of seed, epoch, rank and
 * world size alone, so that a retried task, a resumed run and another machine see the same.
 *
 * <p><b>Ownership</b> does not depend on the epoch, so shards can be cached. One permutation of all
 * examples, keyed by the seed, is cut into {@code worldSize} consecutive pieces, piece {@code r}
 * from {@code r * n / worldSize} to {@code (r + 1) * n / worldSize}: sizes differ by at most one
 * and every example belongs to exactly one rank. <b>Order</b> is a permutation of the shard's rows
 * keyed by (seed, epoch, rank, world size). Both are Durstenfeld shuffles driven by SplitMix64.
 *
 * <p>Training takes ownership from here as it is. It orders the rows of the partition that it was
 * given, whoever made it, as the only rank of a seed of its own: by (seed, rank, epoch, rows).
 */
public final class ShardAssignment {

  private final long seed;
  private final int rank;
  private final int worldSize;
  private final int[] examples;

  private ShardAssignment(long seed, int rank, int worldSize, int[] examples) {
    this.seed = seed;
    this.rank = rank;
    this.worldSize = worldSize;
    this.examples = examples;
  }

  /**
   * The shard of one rank.
   *
   * @param rank 0 to {@code worldSize - 1}
   * @param exampleCount number of examples over all ranks
   * @throws DataException when there are more ranks than examples
   */
  public static ShardAssignment of(long seed, int rank, int worldSize, int exampleCount) {
    if (worldSize < 1 || rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException(
          Text.format("rank must be 0 to worldSize - 1, was %d of %d", rank, worldSize));
    }
    requireEnough(worldSize, exampleCount);
    int[] all = order(seed, exampleCount);
    return new ShardAssignment(
        seed,
        rank,
        worldSize,
        Arrays.copyOfRange(
            all, start(rank, worldSize, exampleCount), start(rank + 1, worldSize, exampleCount)));
  }

  static void requireEnough(int worldSize, int exampleCount) {
    if (worldSize > exampleCount) {
      throw new DataException(
          Text.format(
              "%d replicas cannot share %d images, each needs at least one; lower sync.replicas or raise the limit on images",
              worldSize, exampleCount));
    }
  }

  /** All examples, one shard's after another's, whatever the number of shards. */
  static int[] order(long seed, int exampleCount) {
    return KeyedRandom.of(seed, KeyedRandom.Purpose.SHARD_OWNERSHIP, 0, 0)
        .permutation(exampleCount);
  }

  /** Number of examples that a rank owns. */
  static int size(int rank, int worldSize, int exampleCount) {
    return start(rank + 1, worldSize, exampleCount) - start(rank, worldSize, exampleCount);
  }

  /** Place of a rank's first example in {@link #order(long, int)}. */
  static int start(int rank, int worldSize, int exampleCount) {
    return (int) ((long) rank * exampleCount / worldSize);
  }

  /** Number of examples that this rank owns. */
  public int size() {
    return examples.length;
  }

  /** Index in the whole data set of every row of the shard, [size]. */
  public int[] examples() {
    return examples.clone();
  }

  /** The shard's rows in the order in which they are visited in an epoch, [size]. */
  public int[] order(int epoch) {
    long place = (long) worldSize << 32 | rank;
    return KeyedRandom.of(seed, KeyedRandom.Purpose.EPOCH_ORDER, epoch, place)
        .permutation(examples.length);
  }
}
