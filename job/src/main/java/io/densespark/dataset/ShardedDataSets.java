package io.densespark.dataset;

import io.densespark.data.DataException;
import io.densespark.data.ImageSet;
import io.densespark.data.ShardBuilder;
import io.densespark.data.ShardLayout;
import io.densespark.images.ImageFitter;
import io.densespark.images.UnreadableImageException;
import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.indexing.NDArrayIndex;
import scala.Tuple2;

/**
 * Examples as RDDs with one partition per rank, cached on the executors.
 *
 * <p>Executors decode and resize each image where they read it, and send it to the one that has its
 * rank: no process holds more of them than its own shards. Partition {@code r} holds what {@link
 * io.densespark.data.ShardAssignment#examples()} says of rank {@code r}, in that order; one that is
 * lost is computed again to the same. Partitions are cached as objects, so that they are not
 * deserialised for every job; their pixels are native memory, which Spark's storage accounting does
 * not see: count {@code size * channels * imageSize * imageSize} bytes over all executors, four
 * times that for floats.
 */
public final class ShardedDataSets {

  private final JavaSparkContext context;
  private final JavaRDD<LabelledImage> images;
  private final List<int[]> examples;
  private final List<int[]> labels;
  private final ShardLayout layout;

  /**
   * @param images rows, which executors read
   * @param examples by partition and row, the number of the example; -1: it is none of these
   * @param labels by partition and row
   */
  ShardedDataSets(
      JavaSparkContext context,
      JavaRDD<LabelledImage> images,
      List<int[]> examples,
      List<int[]> labels,
      ShardLayout layout) {
    this.context = context;
    this.images = images;
    this.examples = examples;
    this.labels = labels;
    this.layout = layout;
  }

  /**
   * Features uint8 [n, channels, imageSize, imageSize], for replicas that assemble their own
   * batches.
   *
   * @param dataSetSize examples per data set; the last of a partition may hold fewer
   */
  public JavaRDD<DataSet> bytes(int dataSetSize) {
    return placed(layout, dataSetSize, false);
  }

  /** The same as {@link #bytes(int)}, resized to squares of another side. */
  public JavaRDD<DataSet> bytes(int dataSetSize, int side) {
    return placed(layout.resized(side), dataSetSize, false);
  }

  /**
   * Features float32 [n, channels, imageSize, imageSize] scaled to 0..1, for DL4J's own training
   * masters, which take every data set as one batch.
   *
   * @param batchSize examples per data set; the last of a partition may hold fewer
   */
  public JavaRDD<DataSet> floats(int batchSize) {
    return placed(layout, batchSize, true);
  }

  private JavaRDD<DataSet> placed(ShardLayout layout, int dataSetSize, boolean scaled) {
    if (dataSetSize < 1) {
      throw new IllegalArgumentException("a data set must hold at least 1, was " + dataSetSize);
    }
    return shards(layout, dataSetSize, scaled)
        .setName(
            Text.format("%s examples, %d shards", scaled ? "float32" : "uint8", layout.worldSize()))
        .persist(StorageLevel.MEMORY_ONLY());
  }

  /** The data sets of all ranks, a partition each. */
  private JavaRDD<DataSet> shards(ShardLayout layout, int dataSetSize, boolean scaled) {
    int[] order = layout.order();
    int[] placeOf = new int[order.length];
    for (int place = 0; place < order.length; place++) {
      placeOf[order[place]] = place;
    }
    List<int[][]> wanted = new ArrayList<>();
    for (int p = 0; p < examples.size(); p++) {
      int[] places =
          IntStream.of(examples.get(p))
              .map(example -> example < 0 ? -1 : placeOf[example])
              .toArray();
      wanted.add(new int[][] {places, labels.get(p)});
    }
    JavaRDD<Tuple2<Integer, byte[]>> placed =
        context
            .parallelize(wanted, wanted.size())
            .zipPartitions(images, (ofRows, rows) -> new Placing(layout, ofRows.next(), rows));
    return JavaPairRDD.fromJavaRDD(placed)
        .partitionBy(new ByRank(layout.size(), layout.worldSize()))
        .mapPartitionsWithIndex(
            (rank, examples) -> built(layout, rank, examples, dataSetSize, scaled), true);
  }

  private static Iterator<DataSet> built(
      ShardLayout layout,
      int rank,
      Iterator<Tuple2<Integer, byte[]>> examples,
      int dataSetSize,
      boolean scaled) {
    ShardBuilder builder = new ShardBuilder(layout, rank, dataSetSize, scaled);
    int first = layout.first(rank);
    while (examples.hasNext()) {
      Tuple2<Integer, byte[]> example = examples.next();
      int label = ByteBuffer.wrap(example._2()).getInt();
      builder.put(example._1() - first, label, example._2(), Integer.BYTES);
    }
    return builder.build().iterator();
  }

  /** Index of each image in the order of the RDDs: partition after partition. */
  public int[] order() {
    return layout.order();
  }

  /**
   * Some images for people to look at.
   *
   * @param placed an RDD of {@link #bytes}
   * @param examples numbers of examples in the order of the RDD, in any order
   * @return as resized; one for each of {@code examples}, its label 0
   */
  public List<ImageSet> pictures(JavaRDD<DataSet> placed, int[] examples) {
    ShardLayout layout = this.layout;
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

  /** Sends each example to the rank that has its place in the order of the shards. */
  private static final class ByRank extends Partitioner {

    private final long size;
    private final int worldSize;

    ByRank(int size, int worldSize) {
      this.size = size;
      this.worldSize = worldSize;
    }

    @Override
    public int numPartitions() {
      return worldSize;
    }

    /** The last rank that begins at or before the place: rank r begins at floor(r * size / W). */
    @Override
    public int getPartition(Object place) {
      return (int) ((((int) place + 1L) * worldSize - 1) / size);
    }
  }

  /**
   * Decodes and resizes the rows that are wanted: (place in the order of the shards, label and
   * pixels).
   */
  private static final class Placing implements Iterator<Tuple2<Integer, byte[]>> {

    private final int[] places;
    private final int[] labels;
    private final Iterator<LabelledImage> rows;
    private final ImageFitter fitter;
    private int row = -1;
    private LabelledImage image;

    Placing(ShardLayout layout, int[][] wanted, Iterator<LabelledImage> rows) {
      this.places = wanted[0];
      this.labels = wanted[1];
      this.rows = rows;
      this.fitter = new ImageFitter(layout.channels(), layout.imageSize(), layout.imageSize());
    }

    @Override
    public boolean hasNext() {
      while (image == null && rows.hasNext()) {
        LabelledImage next = rows.next();
        row++;
        if (row < places.length && places[row] >= 0) {
          image = next;
        }
      }
      return image != null;
    }

    @Override
    public Tuple2<Integer, byte[]> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      byte[] example = new byte[Integer.BYTES + fitter.imageBytes()];
      ByteBuffer.wrap(example).putInt(labels[row]);
      try {
        fitter.fit(image.pixels().decode(), example, Integer.BYTES);
      } catch (UnreadableImageException e) {
        throw new DataException(
            Text.format(
                "%s %s, which it was not a moment ago: run again when nothing writes to the data",
                image.id(), e.getMessage()));
      }
      image = null;
      return new Tuple2<>(places[row], example);
    }
  }
}
