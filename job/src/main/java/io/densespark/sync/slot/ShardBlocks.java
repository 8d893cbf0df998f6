package io.densespark.sync.slot;

import io.densespark.data.DataException;
import io.densespark.data.Shard;
import io.densespark.text.Text;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.commons.lang3.ArrayUtils;
import org.apache.spark.HashPartitioner;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.BlockResult;
import org.apache.spark.storage.RDDBlockId;
import org.apache.spark.storage.StorageLevel;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import scala.Option;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;

/**
 * The shards of a call of {@code fit}, as blocks in the executors' storage: block r is the shard of
 * rank r. The barrier stage reads them from there: its tasks are slots, while an RDD's own
 * partitions may be coalesced, united, empty, or computed to something else the next time.
 *
 * <p>A partition is a shard where there are as many as ranks and none is empty. Otherwise the
 * examples, in the order of partitions, are shared evenly: rank r gets those from {@code r n / W}
 * to {@code (r + 1) n / W}.
 */
public final class ShardBlocks implements AutoCloseable {

  private final List<JavaRDD<DataSet>> made = new ArrayList<>();
  private final JavaRDD<DataSet> shards;
  private final long[] imageShape;

  /** Of all shards, by which they are known again; null before they have been computed. */
  private List<Long> hashes;

  /** Computes and stores the shards of so many ranks. */
  public ShardBlocks(JavaRDD<DataSet> given, int worldSize) {
    JavaRDD<DataSet> fixed = given;
    if (given.getStorageLevel().equals(StorageLevel.NONE())) {
      fixed = keep(given.mapPartitions(data -> data, true));
    }
    List<long[]> partitions = fixed.mapPartitions(ShardBlocks::look).collect();
    long[] rows = partitions.stream().mapToLong(partition -> partition[0]).toArray();
    this.imageShape = shape(partitions);
    boolean asTheyAre = rows.length == worldSize && Arrays.stream(rows).allMatch(n -> n > 0);
    this.shards = asTheyAre ? fixed : keep(shared(fixed, rows, worldSize));
    this.hashes = asTheyAre ? hashes(partitions) : null;
  }

  private JavaRDD<DataSet> keep(JavaRDD<DataSet> data) {
    made.add(data.persist(StorageLevel.MEMORY_AND_DISK()));
    return data;
  }

  /** Examples, a {@link #hash} of all labels and each DataSet's first image, and its shape. */
  private static Iterator<long[]> look(Iterator<DataSet> data) {
    long rows = 0;
    long hash = 0;
    long[] shape = {};
    while (data.hasNext()) {
      DataSet next = data.next();
      rows += next.numExamples();
      INDArray features = next.getFeatures();
      shape = shape.length == 0 ? features.shape() : shape;
      if (features.rank() == 4 && next.numExamples() > 0) {
        hash = hash(hash(hash, features.slice(0)), next.getLabels());
      }
    }
    return List.of(ArrayUtils.addAll(new long[] {rows, hash}, shape)).iterator();
  }

  private static long hash(long before, INDArray values) {
    long hash = before;
    if (values != null) {
      for (float value : values.castTo(DataType.FLOAT).ravel().toFloatVector()) {
        hash = 31 * hash + Float.floatToIntBits(value);
      }
    }
    return hash;
  }

  private static List<Long> hashes(List<long[]> partitions) {
    return partitions.stream().map(partition -> partition[1]).toList();
  }

  private static long[] shape(List<long[]> partitions) {
    long[] first =
        partitions.stream()
            .filter(partition -> partition[0] > 0)
            .findFirst()
            .orElseThrow(() -> new DataException("there is nothing to train on: the RDD is empty"));
    if (first.length != 6) {
      throw new IllegalArgumentException(
          Text.format(
              "features must be [n, channels, height, width], found %d dimensions",
              first.length - 2));
    }
    return Arrays.copyOfRange(first, 2, first.length);
  }

  private static JavaRDD<DataSet> shared(JavaRDD<DataSet> data, long[] rows, int worldSize) {
    long total = Arrays.stream(rows).sum();
    if (total < worldSize) {
      throw new DataException(
          Text.format(
              "%d replicas cannot share %d examples: use at most %d replicas",
              worldSize, total, total));
    }
    return data.mapPartitionsWithIndex((p, dataSets) -> cut(p, dataSets, rows, worldSize), true)
        .mapToPair(cut -> cut)
        .partitionBy(new HashPartitioner(worldSize))
        .values()
        .mapPartitions(ShardBlocks::inOrder, true);
  }

  private static Iterator<Tuple2<Integer, Tuple2<Long, byte[]>>> cut(
      int partition, Iterator<DataSet> dataSets, long[] rows, int worldSize) {
    long total = Arrays.stream(rows).sum();
    long at = Arrays.stream(rows, 0, partition).sum();
    List<Tuple2<Integer, Tuple2<Long, byte[]>>> pieces = new ArrayList<>();
    while (dataSets.hasNext()) {
      DataSet whole = dataSets.next();
      int from = 0;
      int size = whole.numExamples();
      while (from < size) {
        // The rank r with r n / W <= example < (r + 1) n / W.
        int rank = (int) (((at + from + 1) * worldSize - 1) / total);
        long end = total * (rank + 1L) / worldSize;
        int to = (int) Math.min(size, end - at);
        // As bytes: Kryo, which Spark may be told to use, cannot make a DataSet.
        ByteArrayOutputStream piece = new ByteArrayOutputStream();
        (from == 0 && to == size ? whole : part(whole, from, to)).save(piece);
        pieces.add(new Tuple2<>(rank, new Tuple2<>(at + from, piece.toByteArray())));
        from = to;
      }
      at += size;
    }
    return pieces.iterator();
  }

  private static DataSet part(DataSet whole, int from, int to) {
    DataSet view = (DataSet) whole.getRange(from, to);
    return new DataSet(
        view.getFeatures().dup('c'),
        view.getLabels().dup('c'),
        view.getFeaturesMaskArray(),
        view.getLabelsMaskArray());
  }

  /** The pieces of a shard, in the order of the examples. */
  private static Iterator<DataSet> inOrder(Iterator<Tuple2<Long, byte[]>> pieces) {
    List<Tuple2<Long, byte[]>> all = new ArrayList<>();
    pieces.forEachRemaining(all::add);
    all.sort(Comparator.comparingLong(Tuple2::_1));
    return all.stream().map(piece -> dataSet(piece._2())).iterator();
  }

  private static DataSet dataSet(byte[] saved) {
    DataSet data = new DataSet();
    data.load(new ByteArrayInputStream(saved));
    return data;
  }

  /** [n, channels, height, width] of the first DataSet. */
  public long[] imageShape() {
    return imageShape;
  }

  /** Number of the RDD whose blocks they are. */
  public int rdd() {
    return shards.id();
  }

  /**
   * Computes what an executor has taken with it.
   *
   * @throws DataException if that is something else now
   */
  public void restore() {
    BlockId[] blocks = new BlockId[shards.getNumPartitions()];
    for (int rank = 0; rank < blocks.length; rank++) {
      blocks[rank] = new RDDBlockId(shards.id(), rank);
    }
    boolean whole =
        JavaConverters.seqAsJavaList(
                SparkEnv.get().blockManager().master().getLocations(blocks).toSeq())
            .stream()
            .noneMatch(locations -> locations.isEmpty());
    if (whole) {
      return;
    }
    List<Long> now = hashes(shards.mapPartitions(ShardBlocks::look).collect());
    if (hashes != null && !hashes.equals(now)) {
      throw new DataException(
          "examples were lost with an executor, and the RDD is computed to others now: its source"
              + " is random or has changed; checkpoint the RDD (JavaRDD.checkpoint), or save it,"
              + " before fit");
    }
    hashes = now;
  }

  /**
   * Reads a shard on an executor.
   *
   * @throws MissingShardException if no executor holds it
   */
  static Shard read(int rdd, int rank) {
    Option<BlockResult> block =
        SparkEnv.get()
            .blockManager()
            .get(new RDDBlockId(rdd, rank), ClassTag$.MODULE$.apply(DataSet.class));
    if (block.isEmpty()) {
      throw new MissingShardException(
          Text.format(
              "no executor holds the shard of rank %d: it went with an executor, or does not fit"
                  + " into the executors' storage memory (spark.executor.memory,"
                  + " spark.memory.fraction)",
              rank));
    }
    List<DataSet> dataSets = new ArrayList<>();
    Iterator<Object> data = JavaConverters.asJavaIterator(block.get().data());
    data.forEachRemaining(one -> dataSets.add((DataSet) one));
    return Shard.of(dataSets.iterator());
  }

  /** A shard's block is nowhere. */
  static final class MissingShardException extends RuntimeException {
    MissingShardException(String message) {
      super(message);
    }
  }

  @Override
  public void close() {
    made.forEach(data -> data.unpersist(false));
  }
}
