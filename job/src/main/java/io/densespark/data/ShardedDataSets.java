package io.densespark.data;

import io.densespark.text.Text;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.storage.StorageLevel;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import scala.Tuple2;

/**
 * Examples as RDDs with one partition per rank, cached on the executors.
 *
 * <p>Partition {@code r} holds what {@link ShardAssignment#examples()} says of rank {@code r}, in
 * that order; one that is lost is computed again to the same. Partitions are cached as objects, so
 * that they are not deserialised for every job; their pixels are native memory, which Spark's
 * storage accounting does not see: count {@code size * channels * imageSize * imageSize} bytes over
 * all executors, four times that for floats.
 */
public abstract class ShardedDataSets {

  private final Layout layout;

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
  public record Layout(int size, int channels, int imageSize, int classes, long seed, int worldSize)
      implements Serializable {

    /**
     * @throws DataException when there are more ranks than images
     */
    public Layout {
      ShardAssignment.requireEnough(worldSize, size);
    }

    /** The same for images of another side. */
    public Layout resized(int side) {
      return new Layout(size, channels, side, classes, seed, worldSize);
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

    /** Features of some examples, uninitialised: float32 or uint8 [count, channels, side, side]. */
    public INDArray features(int count, boolean scaled) {
      return Nd4j.createUninitializedDetached(
          scaled ? DataType.FLOAT : DataType.UINT8, count, channels, imageSize, imageSize);
    }
  }

  protected ShardedDataSets(Layout layout) {
    this.layout = layout;
  }

  /** How the examples are cut. */
  public final Layout layout() {
    return layout;
  }

  /**
   * Features uint8 [n, channels, imageSize, imageSize], for replicas that assemble their own
   * batches.
   *
   * @param dataSetSize examples per data set; the last of a partition may hold fewer
   */
  public final JavaRDD<DataSet> bytes(int dataSetSize) {
    return placed(layout, dataSetSize, false);
  }

  /** The same as {@link #bytes(int)}, resized to squares of another side. */
  public final JavaRDD<DataSet> bytes(int dataSetSize, int side) {
    return placed(layout.resized(side), dataSetSize, false);
  }

  /**
   * Features float32 [n, channels, imageSize, imageSize] scaled to 0..1, for DL4J's own training
   * masters, which take every data set as one batch.
   *
   * @param batchSize examples per data set; the last of a partition may hold fewer
   */
  public final JavaRDD<DataSet> floats(int batchSize) {
    return placed(layout, batchSize, true);
  }

  private JavaRDD<DataSet> placed(Layout layout, int dataSetSize, boolean scaled) {
    if (dataSetSize < 1) {
      throw new IllegalArgumentException("a data set must hold at least 1, was " + dataSetSize);
    }
    return shards(layout, dataSetSize, scaled)
        .setName(
            Text.format("%s examples, %d shards", scaled ? "float32" : "uint8", layout.worldSize()))
        .persist(StorageLevel.MEMORY_ONLY());
  }

  /**
   * The data sets of all ranks, a partition each.
   *
   * @param scaled whether features are float32 from 0 to 1; else uint8
   */
  protected abstract JavaRDD<DataSet> shards(Layout layout, int dataSetSize, boolean scaled);

  /** Index of each image in the order of the RDDs: partition after partition. */
  public final int[] order() {
    return layout.order();
  }

  /**
   * Some images for people to look at.
   *
   * @param placed an RDD of {@link #bytes}
   * @param examples numbers of examples in the order of the RDD, in any order
   * @return as resized; one for each of {@code examples}, its label 0
   */
  public final List<ImageSet> pictures(JavaRDD<DataSet> placed, int[] examples) {
    Layout layout = this.layout;
    int[] wanted = examples.clone();
    Arrays.sort(wanted);
    List<Tuple2<Integer, byte[]>> found =
        new ArrayList<>(
            placed
                .mapPartitionsWithIndex(
                    (rank, sets) -> pictures(sets, layout.first(rank), wanted).iterator(), true)
                .collect());
    found.sort(Comparator.comparingInt(Tuple2::_1));
    int[] numbers = found.stream().mapToInt(Tuple2::_1).toArray();
    List<ImageSet> pictures = new ArrayList<>();
    for (int example : examples) {
      byte[] pixels = found.get(Arrays.binarySearch(numbers, example))._2();
      int side = layout.imageSize();
      pictures.add(new ImageSet(layout.channels(), side, side, pixels, new byte[1]));
    }
    return pictures;
  }

  private static List<Tuple2<Integer, byte[]>> pictures(
      Iterator<DataSet> sets, int first, int[] wanted) {
    List<Tuple2<Integer, byte[]>> found = new ArrayList<>();
    for (int from = first; sets.hasNext(); ) {
      INDArray features = sets.next().getFeatures();
      int to = from + (int) features.size(0);
      for (int example : wanted) {
        if (example >= from && example < to) {
          INDArray image = features.get(NDArrayIndex.point(example - from)).dup('c');
          byte[] pixels = new byte[(int) image.length()];
          image.data().asNio().get(0, pixels);
          found.add(new Tuple2<>(example, pixels));
        }
      }
      from = to;
    }
    return found;
  }
}
