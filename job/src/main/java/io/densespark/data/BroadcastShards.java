package io.densespark.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Shards of images that the driver holds.
 *
 * <p>The original bytes of each rank are a block of the driver's, which Spark brings to the
 * executor that computes the rank's partition, and to no other; there they are resized. So tasks
 * stay small, and no executor gets the whole data set.
 */
public final class BroadcastShards extends ShardedDataSets {

  private final JavaSparkContext context;
  private final ImageSet images;

  /** By rank, the original pixels of its examples, then their labels. */
  private final List<Broadcast<byte[]>> shards = new ArrayList<>();

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
  public BroadcastShards(
      JavaSparkContext context,
      ImageSet images,
      int classes,
      int imageSize,
      long seed,
      int worldSize) {
    super(new Layout(images.size(), images.channels(), imageSize, classes, seed, worldSize));
    this.context = context;
    this.images = images;
    int[] order = order();
    for (int rank = 0, from = 0; rank < worldSize; rank++) {
      int to = from + layout().size(rank);
      // A plain array rather than a record, which Kryo cannot restore.
      shards.add(context.broadcast(gather(images, order, from, to)));
      from = to;
    }
  }

  private static byte[] gather(ImageSet images, int[] order, int from, int to) {
    int imageBytes = images.imageBytes();
    int count = to - from;
    byte[] gathered = new byte[count * (imageBytes + 1)];
    for (int i = 0; i < count; i++) {
      int example = order[from + i];
      System.arraycopy(images.pixels(), example * imageBytes, gathered, i * imageBytes, imageBytes);
      gathered[count * imageBytes + i] = images.labels()[example];
    }
    return gathered;
  }

  @Override
  protected JavaRDD<DataSet> shards(Layout layout, int dataSetSize, boolean scaled) {
    // Locals, because a lambda that reads fields would serialise this object with its context.
    List<Broadcast<byte[]>> shards = this.shards;
    int height = images.height();
    int width = images.width();
    List<Integer> ranks = IntStream.range(0, layout.worldSize()).boxed().toList();
    return context
        .parallelize(ranks, layout.worldSize())
        .mapPartitionsWithIndex(
            (rank, ignored) ->
                (Iterator<DataSet>)
                    new Partition(
                        layout, height, width, shards.get(rank).value(), dataSetSize, scaled),
            true);
  }

  @Override
  public List<ImageSet> pictures(JavaRDD<DataSet> placed, int[] examples) {
    int[] order = order();
    return Arrays.stream(examples)
        .mapToObj(example -> images.range(order[example], order[example] + 1))
        .toList();
  }

  @Override
  public void close() {
    shards.forEach(shard -> shard.destroy(true));
  }

  /** Makes the data sets of one rank, one at a time. */
  private static final class Partition implements Iterator<DataSet> {

    private final Layout layout;
    private final int inBytes;
    private final byte[] shard;
    private final int size;
    private final int dataSetSize;
    private final boolean scaled;
    private final BilinearResize resize;
    private int next;

    Partition(Layout layout, int height, int width, byte[] shard, int dataSetSize, boolean scaled) {
      this.layout = layout;
      this.inBytes = layout.channels() * height * width;
      this.shard = shard;
      this.size = shard.length / (inBytes + 1);
      this.dataSetSize = dataSetSize;
      this.scaled = scaled;
      this.resize = new BilinearResize(height, width, layout.imageSize(), layout.imageSize());
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
      byte[] resized = new byte[count * layout.imageBytes()];
      float[] oneHot = new float[count * layout.classes()];
      for (int i = 0; i < count; i++) {
        resize.apply(
            shard, (next + i) * inBytes, layout.channels(), resized, i * layout.imageBytes());
        oneHot[i * layout.classes() + Byte.toUnsignedInt(shard[size * inBytes + next + i])] = 1;
      }
      next += count;
      return new DataSet(features(resized, count), labels(oneHot, count));
    }

    private INDArray features(byte[] resized, int count) {
      INDArray features = layout.features(count, scaled);
      if (scaled) {
        float[] floats = new float[resized.length];
        BatchAssembler.scale(resized, 0, floats);
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
