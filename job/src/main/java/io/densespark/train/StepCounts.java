package io.densespark.train;

import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;

/**
 * How the examples of an epoch divide into steps. Every example is used exactly once, so the last
 * steps of an epoch may be smaller, down to nothing on some ranks.
 *
 * @param shardSizes examples that each rank owns
 * @param localBatch examples of one full step on one replica
 */
public record StepCounts(List<Integer> shardSizes, int localBatch) {

  public StepCounts {
    shardSizes = List.copyOf(shardSizes);
    if (localBatch < 1) {
      throw new IllegalArgumentException("localBatch must be at least 1, was " + localBatch);
    }
    if (shardSizes.stream().allMatch(size -> size == 0)) {
      throw new IllegalArgumentException("there is nothing to train on: every shard is empty");
    }
  }

  /**
   * Shards that differ by at most one example, the first ranks holding the larger ones.
   *
   * @param examples examples of the whole training set, at least {@code worldSize}
   * @param globalBatch examples of one full step over all replicas, a multiple of {@code worldSize}
   */
  public static StepCounts even(int examples, int worldSize, int globalBatch) {
    if (examples < worldSize) {
      throw new IllegalArgumentException(
          Text.format(
              "%d replicas cannot share %d examples: use at most %d replicas",
              worldSize, examples, examples));
    }
    List<Integer> sizes = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      sizes.add(examples / worldSize + (rank < examples % worldSize ? 1 : 0));
    }
    return new StepCounts(sizes, localBatch(globalBatch, worldSize));
  }

  /** The most replicas, up to one a slot, that have an image each and share a batch evenly. */
  public static int replicas(int slots, int images, int globalBatch) {
    int replicas = Math.min(slots, Math.min(images, globalBatch));
    while (globalBatch % replicas != 0) {
      replicas--;
    }
    return replicas;
  }

  /** Each replica's share of a global batch, which must divide evenly. */
  public static int localBatch(int globalBatch, int worldSize) {
    if (globalBatch % worldSize != 0) {
      int below = globalBatch / worldSize * worldSize;
      throw new IllegalArgumentException(
          Text.format(
              "a global batch of %d does not divide among %d replicas: use %s%d",
              globalBatch, worldSize, below == 0 ? "" : below + " or ", below + worldSize));
    }
    return globalBatch / worldSize;
  }

  /** Number of replicas. */
  public int worldSize() {
    return shardSizes.size();
  }

  /** Examples of all shards together. */
  public int examples() {
    return shardSizes.stream().mapToInt(Integer::intValue).sum();
  }

  /** Steps of one epoch, the same on every rank. */
  public int stepsPerEpoch() {
    int largest = shardSizes.stream().mapToInt(Integer::intValue).max().orElseThrow();
    return (largest + localBatch - 1) / localBatch;
  }

  /** Examples that a rank contributes to a step of the epoch; may be 0 in the last ones. */
  public int examplesAt(int rank, int stepInEpoch) {
    long left = shardSizes.get(rank) - (long) stepInEpoch * localBatch;
    return (int) Math.max(0, Math.min(localBatch, left));
  }

  /** Ranks that contribute examples to a step of the epoch. */
  public int ranksWithExamplesAt(int stepInEpoch) {
    return (int) shardSizes.stream().filter(size -> size > (long) stepInEpoch * localBatch).count();
  }

  /** Examples that all ranks together contribute to a step of the epoch. */
  public int globalExamplesAt(int stepInEpoch) {
    int sum = 0;
    for (int rank = 0; rank < worldSize(); rank++) {
      sum += examplesAt(rank, stepInEpoch);
    }
    return sum;
  }
}
