package io.densespark.data;

import java.io.Serializable;

/**
 * How examples become shards.
 *
 * @param size number of examples
 * @param channels channels of an image
 * @param imageSize side of the square that images are resized to
 * @param classes number of classes; every label is below it
 * @param seed selects the shards
 * @param worldSize number of ranks
 */
public record ShardLayout(
    int size, int channels, int imageSize, int classes, long seed, int worldSize)
    implements Serializable {

  /**
   * @throws DataException when there are more ranks than images
   */
  public ShardLayout {
    ShardAssignment.requireEnough(worldSize, size);
  }

  /** The same for images of another side. */
  public ShardLayout resized(int side) {
    return new ShardLayout(size, channels, side, classes, seed, worldSize);
  }

  /** Bytes of a resized image. */
  public int imageBytes() {
    return channels * imageSize * imageSize;
  }

  /** Index of each image in the order of the shards: one after the other. */
  public int[] order() {
    return ShardAssignment.order(seed, size);
  }

  /** Number of examples of a rank. */
  public int size(int rank) {
    return ShardAssignment.size(rank, worldSize, size);
  }

  /** Place of a rank's first example in the order of the shards. */
  public int first(int rank) {
    return ShardAssignment.start(rank, worldSize, size);
  }
}
