package io.densespark.dataset;

import io.densespark.data.ShardLayout;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Examples that executors read.
 *
 * @param images rows of all parts
 * @param examples by partition and row, the number of the example; -1: it is none of these
 * @param labels by partition and row, class indexes
 */
record RowExamples(
    JavaRDD<LabelledImage> images,
    List<int[]> examples,
    List<int[]> labels,
    int size,
    int channels,
    String sha256)
    implements Examples {

  @Override
  public ShardedDataSets shards(
      JavaSparkContext context, int classes, int imageSize, long seed, int worldSize) {
    return new ShardedDataSets(
        context,
        images,
        examples,
        labels,
        new ShardLayout(size, channels, imageSize, classes, seed, worldSize));
  }
}
