package io.densespark.train;

/**
 * How the examples of an epoch divide into steps. Shards differ by at most one example, the first
 * ranks holding the larger ones; every example is used exactly once, so the last steps of an epoch
 * may be smaller, down to nothing on some ranks.
 *
 * @param examples examples of the whole training set
 * @param worldSize number of replicas
 * @param globalBatch examples of one full step over all replicas; a multiple of {@code worldSize}
 */
public record StepCounts(int examples, int worldSize, int globalBatch) {

  public StepCounts {
    if (examples < 1 || worldSize < 1 || globalBatch < 1) {
      throw new IllegalArgumentException(
          "examples, worldSize and globalBatch must be at least 1, were %d, %d and %d"
              .formatted(examples, worldSize, globalBatch));
    }
    if (worldSize > examples) {
      throw new IllegalArgumentException(
          "%d replicas cannot share %d examples: use at most %d replicas"
              .formatted(worldSize, examples, examples));
    }
    if (globalBatch % worldSize != 0) {
      throw new IllegalArgumentException(
          "a global batch of %d does not divide among %d replicas: use %d or %d"
              .formatted(
                  globalBatch,
                  worldSize,
                  Math.max(1, globalBatch / worldSize) * worldSize,
                  (globalBatch / worldSize + 1) * worldSize));
    }
  }

  /** Examples of one full step on one replica. */
  public int localBatch() {
    return globalBatch / worldSize;
  }

  /** Examples that a rank owns. */
  public int shardSize(int rank) {
    return examples / worldSize + (rank < examples % worldSize ? 1 : 0);
  }

  /** Steps of one epoch, the same on every rank. */
  public int stepsPerEpoch() {
    return (shardSize(0) + localBatch() - 1) / localBatch();
  }

  /** Examples that a rank contributes to a step of the epoch; may be 0 in the last one. */
  public int examplesAt(int rank, int stepInEpoch) {
    long left = shardSize(rank) - (long) stepInEpoch * localBatch();
    return (int) Math.max(0, Math.min(localBatch(), left));
  }

  /** Examples that all ranks together contribute to a step of the epoch. */
  public int globalExamplesAt(int stepInEpoch) {
    int sum = 0;
    for (int rank = 0; rank < worldSize; rank++) {
      sum += examplesAt(rank, stepInEpoch);
    }
    return sum;
  }
}
