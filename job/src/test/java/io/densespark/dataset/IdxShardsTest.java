package io.densespark.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.Augmentation;
import io.densespark.data.BatchAssembler;
import io.densespark.data.DataException;
import io.densespark.data.IdxFiles;
import io.densespark.data.ImageSet;
import io.densespark.data.Shard;
import io.densespark.data.ShardAssignment;
import io.densespark.job.SmallJobs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Shards of examples that executors read from IDX files. */
class IdxShardsTest {

  private static final int SIDE = 32;
  private static final int WORLD = 3;
  private static final long SEED = 11;

  private static final ImageSet IMAGES = IdxFiles.train(SmallJobs.IMAGES.toString()).first(100);
  private static final ImageSet RESIZED = IdxFiles.resized(IMAGES, SIDE);

  private static JavaSparkContext spark;

  @TempDir private Path temporary;

  @BeforeAll
  static void start() {
    spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster("local[2]")
                .setAppName("sharded data sets")
                .set("spark.ui.enabled", "false"));
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static ImageDataset dataset(Path folder, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(List.of("data.path=" + folder, "data.verify-checksums=false"));
    return Reading.dataset(spark, all.toArray(String[]::new));
  }

  private static Examples examples(int count) {
    return dataset(SmallJobs.IMAGES, "data.train-limit=" + count).train();
  }

  private static ShardedDataSets sharded() {
    return examples(IMAGES.size()).shards(spark, 10, SIDE, SEED, WORLD);
  }

  /** What a rank must hold, straight from the definitions. */
  private static void assertHolds(List<DataSet> partition, int rank, double scale) {
    int[] examples = ShardAssignment.of(SEED, rank, WORLD, IMAGES.size()).examples();
    int row = 0;
    for (DataSet dataSet : partition) {
      INDArray features = dataSet.getFeatures();
      for (int i = 0; i < features.size(0); i++, row++) {
        int example = examples[row];
        for (int p = 0; p < SIDE * SIDE; p += 37) {
          assertThat((float) features.getDouble(i, 0, p / SIDE, p % SIDE))
              .isEqualTo((float) ((RESIZED.pixels()[example * SIDE * SIDE + p] & 0xff) * scale));
        }
        for (int k = 0; k < 10; k++) {
          assertThat(dataSet.getLabels().getFloat(i, k))
              .isEqualTo(RESIZED.labels()[example] == k ? 1 : 0);
        }
      }
    }
    assertThat(row).isEqualTo(examples.length);
  }

  /** In several ranges, some of which begin in the middle of the file. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rangesOfAFileAreReadAsTheyLieInIt(boolean zipped) throws IOException {
    int count = 5000;
    byte[] pixels = new byte[count * 6];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      for (int p = 0; p < 6; p++) {
        pixels[6 * i + p] = (byte) (31 * i + p + (i >> 8));
      }
      labels[i] = (byte) (i % 7);
    }
    ImageSet images = new ImageSet(1, 3, 2, pixels, labels);
    Path folder = temporary.resolve("many " + zipped);
    IdxFiles.write(folder, images, images.first(20));
    if (zipped) {
      Path file = folder.resolve("train-images-idx3-ubyte");
      Files.write(
          folder.resolve("train-images-idx3-ubyte.gz"), IdxFiles.gzip(Files.readAllBytes(file)));
      Files.delete(file);
    }
    ImageSet resized = IdxFiles.resized(images, 4);
    ImageDataset dataset = dataset(folder, "data.validation=2100", "data.channels=3");
    Examples held = dataset.validation().orElseThrow();
    assertThat(held.size()).isEqualTo(2100);
    ShardedDataSets shards = held.shards(spark, 7, 4, SEED, WORLD);
    int[] order = shards.order();
    JavaRDD<DataSet> placed = shards.bytes(100);
    int at = 0;
    for (DataSet set : placed.collect()) {
      byte[] bytes = new byte[(int) set.getFeatures().length()];
      set.getFeatures().data().asNio().get(0, bytes);
      int[] found = set.getLabels().argMax(1).toIntVector();
      for (int i = 0; i < found.length; i++, at++) {
        int image = count - 2100 + order[at];
        assertThat(found[i]).isEqualTo(image % 7);
        for (int channel = 0; channel < 3; channel++) {
          int first = (3 * i + channel) * 16;
          assertThat(Arrays.copyOfRange(bytes, first, first + 16))
              .isEqualTo(resized.range(image, image + 1).pixels());
        }
      }
    }
    assertThat(at).isEqualTo(2100);
    assertThat(placed.toDebugString()).contains("(2) ZippedPartitionsRDD");
  }

  @Test
  void fileThatWasCutAfterTheLookIsDamage() throws IOException {
    IdxFiles.write(temporary, IMAGES, IMAGES);
    Examples train = dataset(temporary).train();
    Path file = temporary.resolve("train-images-idx3-ubyte");
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 30_000));

    ShardedDataSets shards = train.shards(spark, 10, 8, SEED, WORLD);
    assertThatThrownBy(() -> shards.bytes(10).count())
        .hasStackTraceContaining("train-images-idx3-ubyte cannot be read at image 38");
  }

  @Test
  void orderTellsWhichImageEachExampleIs() {
    ShardedDataSets sharded = sharded();
    int[] order = sharded.order();
    assertThat(Arrays.stream(order).sorted().toArray())
        .isEqualTo(IntStream.range(0, IMAGES.size()).toArray());

    int at = 0;
    for (DataSet dataSet : sharded.bytes(10).collect()) {
      for (int label : dataSet.getLabels().argMax(1).toIntVector()) {
        assertThat(label).isEqualTo(IMAGES.labels()[order[at++]]);
      }
    }
    assertThat(at).isEqualTo(IMAGES.size());
  }

  @Test
  void givesTheSameShardsInAnotherSize() {
    ShardedDataSets small = examples(IMAGES.size()).shards(spark, 10, 8, SEED, WORLD);
    List<List<DataSet>> partitions = small.bytes(10, SIDE).glom().collect();
    for (int rank = 0; rank < WORLD; rank++) {
      assertHolds(partitions.get(rank), rank, 1);
    }
    assertThat(small.bytes(10).first().getFeatures().shape()).containsExactly(10, 1, 8, 8);
  }

  @Test
  void givesEveryRankItsShardAsBytes() {
    ShardedDataSets sharded = sharded();
    JavaRDD<DataSet> rdd = sharded.bytes(10);
    List<List<DataSet>> partitions = rdd.glom().collect();
    assertThat(partitions).hasSize(WORLD);
    for (int rank = 0; rank < WORLD; rank++) {
      assertThat(partitions.get(rank)).hasSize(4);
      assertThat(partitions.get(rank).get(0).getFeatures().dataType()).isEqualTo(DataType.UINT8);
      assertThat(partitions.get(rank).get(0).getFeatures().shape())
          .containsExactly(10, 1, SIDE, SIDE);
      assertHolds(partitions.get(rank), rank, 1);
    }
    rdd.unpersist();
  }

  @Test
  void givesBatchesOfFloatsForOtherMasters() {
    ShardedDataSets sharded = sharded();
    JavaRDD<DataSet> rdd = sharded.floats(16);
    List<List<DataSet>> partitions = rdd.glom().collect();
    for (int rank = 0; rank < WORLD; rank++) {
      assertThat(partitions.get(rank).get(0).getFeatures().dataType()).isEqualTo(DataType.FLOAT);
      assertHolds(partitions.get(rank), rank, 1 / 255.0);
    }
    rdd.unpersist();
  }

  @Test
  void cachesObjectsAndMakesLostOnesAgain() {
    ShardedDataSets sharded = sharded();
    JavaRDD<DataSet> rdd = sharded.bytes(10);
    assertThat(rdd.getStorageLevel()).isEqualTo(StorageLevel.MEMORY_ONLY());
    List<Integer> cached = rdd.map(System::identityHashCode).collect();
    assertThat(rdd.map(System::identityHashCode).collect()).isEqualTo(cached);
    List<List<DataSet>> before = rdd.glom().collect();
    rdd.unpersist(true);
    List<List<DataSet>> after = rdd.glom().collect();
    for (int rank = 0; rank < WORLD; rank++) {
      assertThat(after.get(rank).get(3).getFeatures())
          .isEqualTo(before.get(rank).get(3).getFeatures());
    }
  }

  @Test
  void feedsBatchesOnTheExecutors() {
    ShardedDataSets sharded = sharded();
    JavaRDD<DataSet> rdd = sharded.bytes(10);
    int size = IMAGES.size();
    List<Integer> sums =
        rdd.mapPartitionsWithIndex(
                (rank, dataSets) -> {
                  ShardAssignment assignment = ShardAssignment.of(SEED, rank, WORLD, size);
                  Shard shard = Shard.of(dataSets);
                  INDArray features =
                      new BatchAssembler(
                              shard, BatchAssembler.PixelFormat.UINT8, 0, Augmentation.none())
                          .assemble(assignment.order(4), 5, 8, 4)
                          .features();
                  return List.of(features.castTo(DataType.INT32).sumNumber().intValue()).iterator();
                },
                true)
            .collect();
    for (int rank = 0; rank < WORLD; rank++) {
      ShardAssignment assignment = ShardAssignment.of(SEED, rank, WORLD, size);
      int[] rows = Arrays.copyOfRange(assignment.order(4), 5, 13);
      int expected = 0;
      for (int row : rows) {
        int example = assignment.examples()[row];
        for (int p = 0; p < SIDE * SIDE; p++) {
          expected += RESIZED.pixels()[example * SIDE * SIDE + p] & 0xff;
        }
      }
      assertThat(sums.get(rank)).isEqualTo(expected);
    }
  }

  @Test
  void bytesSurviveJavaSerialisation() throws IOException, ClassNotFoundException {
    ShardedDataSets sharded = sharded();
    DataSet original = sharded.bytes(10).first();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(original);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      DataSet restored = (DataSet) in.readObject();
      assertThat(restored.getFeatures().dataType()).isEqualTo(DataType.UINT8);
      assertThat(restored.getFeatures()).isEqualTo(original.getFeatures());
      assertThat(restored.getLabels()).isEqualTo(original.getLabels());
    }
  }

  @Test
  void refusesMoreReplicasThanImages() {
    assertThatThrownBy(() -> examples(2).shards(spark, 10, SIDE, SEED, 3))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("3 replicas");
  }
}
