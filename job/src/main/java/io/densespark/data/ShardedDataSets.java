package io.densespark.data;

import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A data set as RDDs with one partition per rank, cached on the executors.
 *
 * <p>The original bytes of each rank are a block of the driver's, which Spark brings to the
 * executor that computes the rank's partition, and to no other; there they are resized. So tasks
 * stay small, no executor gets the whole data set, and a partition that is lost is computed again
 * to the same examples in the same order, {@link ShardAssignment#examples()}. Partitions are cached
 * as objects, so that they are not deserialised for every job; their pixels are native memory,
 * which Spark's storage accounting does not see: count {@code size * imageSize * imageSize} bytes
 * over all executors, four times that for floats.
 */
public final class ShardedDataSets implements AutoCloseable {

  private final JavaSparkContext context;
  private final Layout layout;

  /** By rank, the original pixels of its examples, then their labels. */
  private final List<Broadcast<byte[]>> shards = new ArrayList<>();

  /** Everything a task needs beside the block of its rank; small. */
  private record Layout(
      int channels,
      int height,
      int width,
      int size,
      int imageSize,
      int classes,
      long seed,
      int worldSize)
      implements java.io.Serializable {

    Layout of(int side) {
      return new Layout(channels, height, width, size, side, classes, seed, worldSize);
    }

    int imageBytes() {
      return channels * height * width;
    }
  }

  /**
   * Cuts the images into shards.
   *
   * @param images original images
   * @param classes number of classes; every label is below it
   * @param imageSize side of the square that images are resized to
   * @param seed selects the shards
   * @param worldSize number of ranks
   * @throws DataException when there are more ranks than images
   */
  public ShardedDataSets(
      JavaSparkContext context,
      ImageSet images,
      int classes,
      int imageSize,
      long seed,
      int worldSize) {
    ShardAssignment.requireEnough(worldSize, images.size());
    this.context = context;
    this.layout =
        new Layout(
            images.channels(),
            images.height(),
            images.width(),
            images.size(),
            imageSize,
            classes,
            seed,
            worldSize);
    int[] order = order();
    for (int rank = 0, from = 0; rank < worldSize; rank++) {
      int to = from + ShardAssignment.size(rank, worldSize, images.size());
      // A plain array rather than a record, which Kryo cannot restore.
      shards.add(context.broadcast(gather(images, order, from, to)));
      from = to;
    }
  }

  private static byte[] gather(ImageSet images, int[] order, int from, int to) {
    int imageBytes = images.channels() * images.height() * images.width();
    int count = to - from;
    byte[] gathered = new byte[count * (imageBytes + 1)];
    for (int i = 0; i < count; i++) {
      int example = order[from + i];
      System.arraycopy(images.pixels(), example * imageBytes, gathered, i * imageBytes, imageBytes);
      gathered[count * imageBytes + i] = images.labels()[example];
    }
    return gathered;
  }

  /**
   * Features uint8 [n, channels, imageSize, imageSize], for replicas that assemble their own
   * batches.
   *
   * @param dataSetSize examples per data set; the last of a partition may hold fewer
   */
  public JavaRDD<DataSet> bytes(int dataSetSize) {
    return build(layout, dataSetSize, false);
  }

  /** The same as {@link #bytes(int)}, resized to squares of another side. */
  public JavaRDD<DataSet> bytes(int dataSetSize, int side) {
    return build(layout.of(side), dataSetSize, false);
  }

  /**
   * Features float32 [n, channels, imageSize, imageSize] scaled to 0..1, for DL4J's own training
   * masters, which take every data set as one batch.
   *
   * @param batchSize examples per data set; the last of a partition may hold fewer
   */
  public JavaRDD<DataSet> floats(int batchSize) {
    return build(layout, batchSize, true);
  }

  private JavaRDD<DataSet> build(Layout layout, int dataSetSize, boolean scaled) {
    if (dataSetSize < 1) {
      throw new IllegalArgumentException("a data set must hold at least 1, was " + dataSetSize);
    }
    // Locals, because a lambda that reads fields would serialise this object with its context.
    List<Broadcast<byte[]>> shards = this.shards;
    List<Integer> ranks = IntStream.range(0, layout.worldSize()).boxed().toList();
    return context
        .parallelize(ranks, layout.worldSize())
        .mapPartitionsWithIndex(
            (rank, ignored) ->
                (Iterator<DataSet>)
                    new Partition(layout, shards.get(rank).value(), dataSetSize, scaled),
            true)
        .setName(
            Text.format("%s examples, %d shards", scaled ? "float32" : "uint8", layout.worldSize()))
        .persist(StorageLevel.MEMORY_ONLY());
  }

  /** Index of each image in the order of the RDDs: partition after partition. */
  public int[] order() {
    return ShardAssignment.order(layout.seed(), layout.size());
  }

  /** Frees the blocks everywhere; lost partitions cannot be computed again afterwards. */
  @Override
  public void close() {
    shards.forEach(shard -> shard.destroy(true));
  }

  /** Makes the data sets of one rank, one at a time. */
  private static final class Partition implements Iterator<DataSet> {

    private final Layout layout;
    private final byte[] shard;
    private final int size;
    private final int dataSetSize;
    private final boolean scaled;
    private final BilinearResize resize;
    private int next;

    Partition(Layout layout, byte[] shard, int dataSetSize, boolean scaled) {
      this.layout = layout;
      this.shard = shard;
      this.size = shard.length / (layout.imageBytes() + 1);
      this.dataSetSize = dataSetSize;
      this.scaled = scaled;
      this.resize =
          new BilinearResize(
              layout.height(), layout.width(), layout.imageSize(), layout.imageSize());
    }

    @Override
    public boolean hasNext() {
      return next < size;
    }

    @Override
    public DataSet next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      int count = Math.min(dataSetSize, size - next);
      int side = layout.imageSize();
      byte[] resized = new byte[count * layout.channels() * side * side];
      float[] oneHot = new float[count * layout.classes()];
      for (int i = 0; i < count; i++) {
        resize.apply(
            shard,
            (next + i) * layout.imageBytes(),
            layout.channels(),
            resized,
            i * layout.channels() * side * side);
        oneHot[
                i * layout.classes()
                    + Byte.toUnsignedInt(shard[size * layout.imageBytes() + next + i])] =
            1;
      }
      next += count;
      return new DataSet(features(resized, count), labels(oneHot, count));
    }

    private INDArray features(byte[] resized, int count) {
      int side = layout.imageSize();
      INDArray features =
          Nd4j.createUninitializedDetached(
              scaled ? DataType.FLOAT : DataType.UINT8, count, layout.channels(), side, side);
      if (scaled) {
        float[] floats = new float[resized.length];
        BatchAssembler.scale(resized, floats);
        features.data().asNioFloat().put(0, floats);
      } else {
        features.data().asNio().put(0, resized);
      }
      return features;
    }

    private INDArray labels(float[] oneHot, int count) {
      INDArray rows = Nd4j.createUninitializedDetached(DataType.FLOAT, count, layout.classes());
      rows.data().asNioFloat().put(0, oneHot);
      return rows;
    }
  }
}
