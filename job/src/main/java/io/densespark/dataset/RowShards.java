package io.densespark.dataset;

import io.densespark.data.DataException;
import io.densespark.data.ShardBuilder;
import io.densespark.data.ShardedDataSets;
import io.densespark.images.ImageFitter;
import io.densespark.images.UnreadableImageException;
import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.dataset.DataSet;
import scala.Tuple2;

/**
 * Shards of rows that executors read: each row is decoded and resized where it is read, and sent to
 * the executor that has its rank. No process holds more of them than its own shards.
 */
final class RowShards extends ShardedDataSets {

  private final JavaSparkContext context;
  private final JavaRDD<LabelledImage> images;

  /** By partition and row, the number of the example; -1: it is none of these. */
  private final List<int[]> examples;

  /** By partition and row. */
  private final List<int[]> labels;

  RowShards(
      JavaSparkContext context,
      JavaRDD<LabelledImage> images,
      List<int[]> examples,
      List<int[]> labels,
      Layout layout) {
    super(layout);
    this.context = context;
    this.images = images;
    this.examples = examples;
    this.labels = labels;
  }

  @Override
  protected JavaRDD<DataSet> shards(Layout layout, int dataSetSize, boolean scaled) {
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
      Layout layout,
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

    Placing(Layout layout, int[][] wanted, Iterator<LabelledImage> rows) {
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
