package io.densespark.data;

import io.densespark.text.Text;
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
 * <p>The images travel once, as a broadcast of the original bytes, and each task resizes those it
 * owns: tasks stay small, and a partition that is lost is computed again to the same examples in
 * the same order, {@link ShardAssignment#examples()}. Partitions are cached as objects, so that
 * they are not deserialised for every job; their pixels are native memory, which Spark's storage
 * accounting does not see: count {@code size * imageSize * imageSize} bytes over all executors,
 * four times that for floats.
 */
public final class ShardedDataSets implements AutoCloseable {

  private final JavaSparkContext context;
  private final Layout layout;
  private final Broadcast<byte[]> pixels;
  private final Broadcast<byte[]> labels;

  /** Everything a task needs beside the broadcasts; small. */
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

    int[] examples(int rank) {
      return ShardAssignment.of(seed, rank, worldSize, size).examples();
    }
  }

  /**
   * Broadcasts the images.
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
    // Plain arrays rather than the record, which Kryo cannot restore.
    this.pixels = context.broadcast(images.pixels());
    this.labels = context.broadcast(images.labels());
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
    Broadcast<byte[]> pixels = this.pixels;
    Broadcast<byte[]> labels = this.labels;
    List<Integer> ranks = IntStream.range(0, layout.worldSize()).boxed().toList();
    return context
        .parallelize(ranks, layout.worldSize())
        .mapPartitionsWithIndex(
            (rank, ignored) ->
                (Iterator<DataSet>)
                    new Partition(
                        layout, rank, pixels.value(), labels.value(), dataSetSize, scaled),
            true)
        .setName(
            Text.format("%s examples, %d shards", scaled ? "float32" : "uint8", layout.worldSize()))
        .persist(StorageLevel.MEMORY_ONLY());
  }

  /** Index of each image in the order of the RDDs: partition after partition. */
  public int[] order() {
    return IntStream.range(0, layout.worldSize())
        .flatMap(rank -> IntStream.of(layout.examples(rank)))
        .toArray();
  }

  /** Frees the broadcasts everywhere; lost partitions cannot be computed again afterwards. */
  @Override
  public void close() {
    pixels.destroy(true);
    labels.destroy(true);
  }

  /** Makes the data sets of one rank, one at a time. */
  private static final class Partition implements Iterator<DataSet> {

    private final Layout layout;
    private final byte[] pixels;
    private final byte[] labels;
    private final int dataSetSize;
    private final boolean scaled;
    private final int[] examples;
    private final BilinearResize resize;
    private int next;

    Partition(
        Layout layout, int rank, byte[] pixels, byte[] labels, int dataSetSize, boolean scaled) {
      this.layout = layout;
      this.pixels = pixels;
      this.labels = labels;
      this.dataSetSize = dataSetSize;
      this.scaled = scaled;
      this.examples = layout.examples(rank);
      this.resize =
          new BilinearResize(
              layout.height(), layout.width(), layout.imageSize(), layout.imageSize());
    }

    @Override
    public boolean hasNext() {
      return next < examples.length;
    }

    @Override
    public DataSet next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      int count = Math.min(dataSetSize, examples.length - next);
      int imageBytes = layout.channels() * layout.height() * layout.width();
      int side = layout.imageSize();
      byte[] resized = new byte[count * layout.channels() * side * side];
      float[] oneHot = new float[count * layout.classes()];
      for (int i = 0; i < count; i++) {
        int example = examples[next + i];
        resize.apply(
            pixels,
            example * imageBytes,
            layout.channels(),
            resized,
            i * layout.channels() * side * side);
        oneHot[i * layout.classes() + Byte.toUnsignedInt(labels[example])] = 1;
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
