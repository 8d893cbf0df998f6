package io.densespark.dataset;

import org.apache.spark.api.java.JavaSparkContext;

/** The labelled images of one part of a data set, which executors read. */
public interface Examples {

  /** Number of examples. */
  int size();

  /** Channels of an image: 1 (grey) or 3 (red, green, blue). */
  int channels();

  /** SHA-256 over images and labels, lower-case hexadecimal. */
  String sha256();

  /**
   * Cuts the examples into shards on the executors.
   *
   * @param classes number of classes, above every label
   * @param imageSize side of the square that images are resized to
   * @param seed selects the shards
   * @param worldSize number of ranks
   * @throws io.densespark.data.DataException when there are more ranks than examples
   */
  ShardedDataSets shards(
      JavaSparkContext context, int classes, int imageSize, long seed, int worldSize);
}
