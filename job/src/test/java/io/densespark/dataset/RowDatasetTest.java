package io.densespark.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.DataException;
import io.densespark.data.IdxFiles;
import io.densespark.data.ImageSet;
import io.densespark.data.ShardAssignment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;

class RowDatasetTest {

  private static final int SIDE = 5;
  private static final StructType SCHEMA =
      new StructType()
          .add("pixels", DataTypes.BinaryType)
          .add("height", DataTypes.IntegerType)
          .add("width", DataTypes.IntegerType)
          .add("label", DataTypes.StringType)
          .add("split", DataTypes.StringType);

  private static SparkSession spark;
  private static JavaSparkContext context;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("rows")
            .config("spark.ui.enabled", "false")
            .getOrCreate();
    context = JavaSparkContext.fromSparkContext(spark.sparkContext());
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  /** Images of random pixels and several shapes; every third is a cat, the others are dogs. */
  private static List<Row> rows(int count, long seed) {
    Random random = new Random(seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] pixels = new byte[6 * (4 + i % 3)];
      random.nextBytes(pixels);
      rows.add(RowFactory.create(pixels, 6, 4 + i % 3, i % 3 == 0 ? "cat" : "dog", null));
    }
    return rows;
  }

  private static Dataset<Row> frame(List<Row> rows, int partitions) {
    return spark.createDataFrame(context.parallelize(rows, partitions), SCHEMA);
  }

  private static ImageDataset dataset(List<Row> rows, int partitions, String... settings) {
    return ImageDataset.of(frame(rows, partitions), Reading.config(settings));
  }

  /** Shards of 3 ranks: pixels of all examples in the order of the ranks, then all labels. */
  private static List<List<Integer>> placed(Examples examples, int classes) {
    ShardedDataSets shards = examples.shards(context, classes, SIDE, 7, 3);
    List<Integer> pixels = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (DataSet set : shards.bytes(4).collect()) {
      for (byte pixel : Reading.bytes(set)) {
        pixels.add((int) pixel);
      }
      for (int label : set.getLabels().argMax(1).toIntVector()) {
        labels.add(label);
      }
    }
    return List.of(pixels, labels);
  }

  @Test
  void everyExampleIsOnItsRankResizedAndLabelled() {
    List<Row> rows = rows(31, 1);
    ImageDataset dataset = dataset(rows, 4, "data.test-fraction=0");
    TreeMap<String, Integer> expected = new TreeMap<>();
    for (Row row : rows) {
      ImageSet image = new ImageSet(1, 6, row.getInt(2), row.<byte[]>getAs(0), new byte[1]);
      expected.put(
          Arrays.toString(IdxFiles.resized(image, SIDE).pixels()),
          row.getString(3).equals("cat") ? 0 : 1);
    }

    List<List<Integer>> placed = placed(dataset.train(), 2);

    assertThat(dataset.classNames()).containsExactly("cat", "dog");
    assertThat(dataset.train().size()).isEqualTo(31);
    assertThat(dataset.test()).isEmpty();
    TreeMap<String, Integer> found = new TreeMap<>();
    for (int i = 0; i < 31; i++) {
      found.put(
          placed.get(0).subList(i * SIDE * SIDE, (i + 1) * SIDE * SIDE).toString(),
          placed.get(1).get(i));
    }
    assertThat(found).isEqualTo(expected);
    ShardedDataSets shards = dataset.train().shards(context, 2, SIDE, 7, 3);
    List<Integer> sizes = shards.bytes(100).map(set -> (int) set.getFeatures().size(0)).collect();
    assertThat(sizes)
        .containsExactlyElementsOf(
            IntStream.range(0, 3)
                .mapToObj(rank -> ShardAssignment.of(7, rank, 3, 31).size())
                .toList());
  }

  @Test
  void neitherTheOrderOfRowsNorTheirPartitionsMatter() {
    List<Row> rows = rows(40, 2);
    List<Row> shuffled = new ArrayList<>(rows);
    Collections.shuffle(shuffled, new Random(3));
    // Twice the same: they cannot be told apart, and are both there.
    rows.add(rows.get(0));
    shuffled.add(20, rows.get(0));

    ImageDataset one = dataset(rows, 3, "data.validation=6");
    ImageDataset other = dataset(shuffled, 7, "data.validation=6");

    assertThat(other.fingerprint()).isEqualTo(one.fingerprint());
    assertThat(placed(other.train(), 2)).isEqualTo(placed(one.train(), 2));
    assertThat(placed(other.test().orElseThrow(), 2))
        .isEqualTo(placed(one.test().orElseThrow(), 2));
    assertThat(placed(other.validation().orElseThrow(), 2))
        .isEqualTo(placed(one.validation().orElseThrow(), 2));
    assertThat(
            one.train().size()
                + one.validation().orElseThrow().size()
                + one.test().orElseThrow().size())
        .isEqualTo(41);
  }

  @Test
  void anotherExampleMovesNoneBetweenTrainingAndTest() {
    List<Row> rows = rows(60, 4);
    List<Integer> before =
        placed(dataset(rows, 2, "data.test-fraction=0.3").test().orElseThrow(), 2).get(0);
    rows.addAll(rows(5, 5));
    List<Integer> after =
        placed(dataset(rows, 2, "data.test-fraction=0.3").test().orElseThrow(), 2).get(0);

    assertThat(images(after)).containsAll(images(before));
    assertThat(images(before).size()).isBetween(8, 28);
    List<Integer> otherSeed =
        placed(
                dataset(rows, 2, "data.test-fraction=0.3", "data.split-seed=2")
                    .test()
                    .orElseThrow(),
                2)
            .get(0);
    assertThat(images(otherSeed)).isNotEqualTo(images(after));
  }

  private static List<List<Integer>> images(List<Integer> pixels) {
    return IntStream.range(0, pixels.size() / (SIDE * SIDE))
        .mapToObj(i -> pixels.subList(i * SIDE * SIDE, (i + 1) * SIDE * SIDE))
        .toList();
  }

  @Test
  void aColumnSaysWhatIsForTest() {
    List<Row> rows = new ArrayList<>();
    for (Row row : rows(30, 6)) {
      String part = List.of("TEST", "train", "val").get(rows.size() % 3);
      rows.add(RowFactory.create(row.get(0), row.get(1), row.get(2), row.get(3), part));
    }

    ImageDataset dataset =
        dataset(rows, 2, "data.columns.split=split", "data.class-names=[dog,cat]");

    assertThat(dataset.train().size()).isEqualTo(10);
    assertThat(dataset.validation().orElseThrow().size()).isEqualTo(10);
    assertThat(dataset.test().orElseThrow().size()).isEqualTo(10);
    assertThat(placed(dataset.test().orElseThrow(), 2).get(1)).containsOnly(1);
    assertThatThrownBy(() -> dataset(rows, 2, "data.columns.split=split", "data.validation=3"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("data.validation = 0");
  }

  @Test
  void brokenRowsEndTheRunOrAreNamed() {
    List<Row> rows = rows(20, 7);
    rows.set(4, RowFactory.create(new byte[24], 6, 4, null, null));
    rows.set(9, RowFactory.create(new byte[23], 6, 4, "cat", null));
    rows.set(14, RowFactory.create(null, 6, 4, "cat", null));

    assertThatThrownBy(() -> dataset(rows, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("row 4 of partition 0", "has no label", "2 others", "skip");
    ImageDataset skipping = dataset(rows, 1, "data.on-error=skip", "data.test-fraction=0");
    assertThat(skipping.skippedImages()).isEqualTo(3);
    assertThat(skipping.skipped())
        .extracting(broken -> broken.id() + " " + broken.reason())
        .containsExactly(
            "row 4 of partition 0 has no label",
            "row 9 of partition 0 has 23 pixels where 6x4 are announced",
            "row 14 of partition 0 has no pixels");
    assertThat(skipping.train().size()).isEqualTo(17);
    assertThat(placed(skipping.train(), 2).get(1)).hasSize(17);
  }

  @Test
  void floatsAreTheSamePixelsScaled() {
    ImageDataset dataset = dataset(rows(11, 10), 2, "data.test-fraction=0");
    ShardedDataSets shards = dataset.train().shards(context, 2, SIDE, 7, 2);
    List<DataSet> bytes = shards.bytes(3).collect();
    List<DataSet> floats = shards.floats(3).collect();

    assertThat(floats).hasSameSizeAs(bytes);
    for (int set = 0; set < bytes.size(); set++) {
      byte[] pixels = Reading.bytes(bytes.get(set));
      float[] scaled = floats.get(set).getFeatures().data().asFloat();
      assertThat(floats.get(set).getLabels()).isEqualTo(bytes.get(set).getLabels());
      for (int i = 0; i < pixels.length; i++) {
        assertThat(scaled[i]).isEqualTo((pixels[i] & 0xff) / 255f);
      }
    }
  }

  @Test
  void picturesAreThoseOfTheExamplesAskedFor() {
    ImageDataset dataset = dataset(rows(31, 8), 3, "data.test-fraction=0");
    List<List<Integer>> all = images(placed(dataset.train(), 2).get(0));
    ShardedDataSets shards = dataset.train().shards(context, 2, SIDE, 7, 3);
    List<ImageSet> pictures = shards.pictures(shards.bytes(4), new int[] {30, 0, 13});

    assertThat(pictures)
        .extracting(
            picture -> IntStream.range(0, 25).mapToObj(i -> (int) picture.pixels()[i]).toList())
        .containsExactly(all.get(30), all.get(0), all.get(13));
  }

  @Test
  void numbersAreClassesInTheirOrderAndMissingColumnsAreNamed() {
    List<Row> rows = rows(12, 9);
    Dataset<Row> numbered =
        frame(rows, 2).selectExpr("pixels", "height", "width", "length(pixels) AS kind");

    ImageDataset dataset = ImageDataset.of(numbered, Reading.config("data.columns.label=kind"));

    assertThat(dataset.classNames()).containsExactly("24", "30", "36");
    assertThatThrownBy(() -> ImageDataset.of(numbered, Reading.config()))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("\"label\"", "kind", "data.columns.label");
  }
}
