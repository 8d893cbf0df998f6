package io.densespark.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.DataException;
import io.densespark.data.DataFormat;
import io.densespark.data.IdxFiles;
import io.densespark.data.ImageSet;
import io.densespark.images.ImageFiles;
import io.densespark.images.LeftOut;
import io.densespark.job.SmallJobs;
import io.densespark.storage.CountingFileSystem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same real images as IDX files, Parquet, CSV and folders. */
class FileSourcesTest {

  private static final int TRAIN = 60;
  private static final int TEST = 30;

  private record Idx(ImageSet train, ImageSet test) {}

  private static Idx idx;
  private static SparkSession spark;
  private static JavaSparkContext context;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("sources")
            .config("spark.ui.enabled", "false")
            .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
            .config("spark.kryo.registrator", "org.nd4j.kryo.Nd4jRegistrator")
            .config(
                "spark.hadoop." + CountingFileSystem.SETTING, CountingFileSystem.class.getName())
            .getOrCreate();
    context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    String images = SmallJobs.IMAGES.toString();
    idx = new Idx(IdxFiles.train(images).first(TRAIN), IdxFiles.test(images).first(TEST));
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private ImageDataset read(String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    if (all.stream().noneMatch(setting -> setting.startsWith("data.path"))) {
      all.add("data.path=" + folder);
    }
    return Reading.dataset(context, all.toArray(String[]::new));
  }

  private void refused(String setting, String... said) {
    assertThatThrownBy(() -> read(setting))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(said);
  }

  private static List<String> placed(Examples examples) {
    return Reading.placed(context, examples);
  }

  /** The images as IDX files beside the folder. */
  private ImageDataset asIdx(ImageSet train, ImageSet test) throws IOException {
    Path path = folder.resolveSibling(folder.getFileName() + "-idx");
    IdxFiles.write(path, train, test);
    return read("data.path=" + path, "data.verify-checksums=false");
  }

  private void assertSameAsIdx(ImageDataset read, DataFormat format) throws IOException {
    ImageDataset expected = asIdx(idx.train(), idx.test());
    assertThat(read.format()).isEqualTo(format);
    assertThat(read.classNames()).isEqualTo(expected.classNames()).hasSize(10);
    assertThat(placed(read.train())).isEqualTo(placed(expected.train()));
    assertThat(placed(read.test().orElseThrow())).isEqualTo(placed(expected.test().orElseThrow()));
    assertThat(read.fingerprint()).isEqualTo(expected.fingerprint());
    assertThat(read.skippedImages()).isZero();
  }

  private static byte[] png(ImageSet images, int index) {
    return ImageFiles.greyPng(
        images.pixels(), index * images.imageBytes(), images.height(), images.width());
  }

  private static Row row(ImageSet images, int index) {
    return RowFactory.create(png(images, index), (long) images.labels()[index]);
  }

  private void writeParquet(ImageSet images, String name, int from, int to) {
    List<Row> rows = new ArrayList<>();
    for (int i = from; i < to; i++) {
      rows.add(row(images, i));
    }
    StructType schema =
        new StructType().add("image", DataTypes.BinaryType).add("label", DataTypes.LongType);
    spark
        .createDataFrame(rows, schema)
        .coalesce(1)
        .write()
        .parquet(folder.resolve(name).toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"my data", "a: b", "100% [x] {y} %20 #1 ?", "\u00fc"})
  void parquetMayLieUnderAnyName(String name) throws IOException {
    folder = Files.createDirectory(folder.resolve(name));
    writeParquet(idx.test(), "test", 0, TEST);
    writeParquet(idx.train(), "train " + name.replace(":", ""), 0, TRAIN);

    assertSameAsIdx(read(), DataFormat.PARQUET);
    assertSameAsIdx(read("data.on-error=skip"), DataFormat.PARQUET);
  }

  @Test
  void parquetInSeveralFilesIsWhatIdxIs() throws IOException {
    // Written so that neither time nor size orders the files as their names do.
    writeParquet(idx.test(), "test", 0, TEST);
    writeParquet(idx.train(), "train-1.parquet", 7, TRAIN);
    writeParquet(idx.train(), "train-0.parquet", 0, 7);

    assertSameAsIdx(read(), DataFormat.PARQUET);
    assertSameAsIdx(read("data.path=" + CountingFileSystem.uri(folder)), DataFormat.PARQUET);
    assertThat(read().leftOut()).isEmpty();
  }

  @Test
  void parquetWithOtherColumnsIsReadByTheirNames() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < TRAIN; i++) {
      rows.add(RowFactory.create(png(idx.train(), i), "k" + idx.train().labels()[i], "train"));
    }
    rows.add(RowFactory.create(new byte[0], "k1", "test"));
    rows.add(RowFactory.create(png(idx.test(), 0), "k2", "Test"));
    rows.add(RowFactory.create(png(idx.test(), 0), "k2", "tset"));
    StructType schema =
        new StructType()
            .add("the picture", DataTypes.BinaryType)
            .add("kind", DataTypes.StringType)
            .add("used for", DataTypes.StringType);
    spark
        .createDataFrame(rows, schema)
        .coalesce(1)
        .write()
        .parquet(folder.resolve("a.parquet").toString());
    String[] settings = {
      "data.columns.image=the picture",
      "data.columns.label=kind",
      "data.columns.split=used for",
      "data.on-error=skip"
    };

    ImageDataset dataset = read(settings);

    assertThat(dataset.classNames()).startsWith("k0", "k1").hasSize(10);
    assertThat(dataset.train().size()).isEqualTo(TRAIN);
    assertThat(dataset.test().orElseThrow().size()).isEqualTo(1);
    assertThat(dataset.skipped())
        .extracting(broken -> broken.id().replaceFirst(".*#", "#") + " " + broken.reason())
        .containsExactly(
            "#60 is empty", "#62 is in the part \"tset\": train, validation and test are known");
    settings[3] = "data.on-error=fail";
    assertThatThrownBy(() -> read(settings))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(".parquet#60 is empty", "1 others", "data.on-error = skip");
    settings[1] = "data.columns.label=kin";
    assertThatThrownBy(() -> read(settings))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("no column \"kin\"", "data.columns.label");
  }

  @Test
  void aTornParquetFileIsNamed() throws IOException {
    writeParquet(idx.train(), "train", 0, TRAIN);
    writeParquet(idx.test(), "test", 0, TEST);
    Path torn = folder.resolve("train").resolve("torn.parquet");
    Files.write(torn, new byte[] {'P', 'A', 'R', '1', 0, 0});

    refused("data.format=parquet", "torn.parquet", "data.on-error = skip");
    ImageDataset skipping = read("data.on-error=skip");
    assertThat(skipping.skipped()).hasSize(1).first().extracting("id").asString().contains("torn");
    assertThat(skipping.train().size()).isEqualTo(TRAIN);
  }

  private static byte[] csv(ImageSet images, boolean names) {
    StringBuilder text = new StringBuilder();
    if (names) {
      text.append("label");
      for (int p = 1; p <= images.imageBytes(); p++) {
        text.append(",pixel").append(p);
      }
      text.append('\n');
    }
    for (int i = 0; i < images.size(); i++) {
      text.append(images.labels()[i]);
      for (int p = 0; p < images.imageBytes(); p++) {
        text.append(',').append(images.pixels()[i * images.imageBytes() + p] & 0xff);
      }
      text.append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void csvAsKaggleHasItIsWhatIdxIs() throws IOException {
    Files.write(folder.resolve("fashion-mnist_train.csv"), csv(idx.train(), true));
    Files.write(folder.resolve("fashion-mnist_test.csv"), csv(idx.test(), true));

    assertSameAsIdx(read(), DataFormat.CSV);
    assertSameAsIdx(read("data.path=" + CountingFileSystem.uri(folder)), DataFormat.CSV);
  }

  @Test
  void csvWithoutNamesAndGzippedIsWhatIdxIs() throws IOException {
    Files.write(folder.resolve("mnist_train.csv"), csv(idx.train(), false));
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(zipped)) {
      out.write(csv(idx.test(), false));
    }
    Files.write(folder.resolve("mnist_test.csv.gz"), zipped.toByteArray());

    assertSameAsIdx(read(), DataFormat.CSV);
  }

  @Test
  void brokenLinesOfCsvAreNamedByFileAndLine() throws IOException {
    String[] lines = new String(csv(idx.train(), true), StandardCharsets.UTF_8).split("\n");
    lines[2] = lines[2] + "\n";
    lines[3] = lines[3] + ",7";
    lines[5] = lines[5].replaceFirst(",[0-9]+,", ",256,");
    lines[8] = lines[8].replaceFirst("^[0-9]+", "");
    Files.writeString(folder.resolve("train.csv"), String.join("\n", lines) + "\n\n");

    refused("data.test-fraction=0.2", "train.csv line 5 has 786 values, other lines have 785");
    ImageDataset skipping = read("data.on-error=skip", "data.test-fraction=0");
    assertThat(skipping.skipped())
        .extracting(broken -> broken.id() + " " + broken.reason())
        .containsExactly(
            "train.csv line 5 has 786 values, other lines have 785",
            "train.csv line 7 has \"256\" in column 2: pixels are whole numbers, 0 to 255",
            "train.csv line 10 has no label");
    assertThat(skipping.train().size()).isEqualTo(TRAIN - 3);
    refused("data.columns.label=class", "no column \"class\"", "data.columns.label");
  }

  /** PART/CLASS/NUMBER.png. */
  private void writeFolder(ImageSet images, IntFunction<String> classFolder) throws IOException {
    for (int i = 0; i < images.size(); i++) {
      Path of = folder.resolve(classFolder.apply(images.labels()[i]));
      Files.createDirectories(of);
      Files.write(of.resolve(String.format(java.util.Locale.ROOT, "%05d.png", i)), png(images, i));
    }
  }

  /** In the order of paths: by class, then by number. */
  private static ImageSet byClass(ImageSet images) {
    byte[] pixels = new byte[images.pixels().length];
    byte[] labels = new byte[images.size()];
    int at = 0;
    for (int label = 0; label < 10; label++) {
      for (int i = 0; i < images.size(); i++) {
        if (images.labels()[i] == label) {
          System.arraycopy(
              images.pixels(),
              i * images.imageBytes(),
              pixels,
              at * images.imageBytes(),
              images.imageBytes());
          labels[at++] = (byte) label;
        }
      }
    }
    return new ImageSet(1, images.height(), images.width(), pixels, labels);
  }

  @Test
  void foldersOfClassesAreReadInTheOrderOfTheirPaths() throws IOException {
    writeFolder(idx.test(), label -> "test/" + label);
    writeFolder(idx.train(), label -> "train/" + label);
    ImageDataset expected = asIdx(byClass(idx.train()), byClass(idx.test()));

    ImageDataset dataset = read();

    assertThat(dataset.format()).isEqualTo(DataFormat.FOLDER);
    assertThat(dataset.classNames())
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    assertThat(placed(dataset.train())).isEqualTo(placed(expected.train()));
    assertThat(placed(dataset.test().orElseThrow()))
        .isEqualTo(placed(expected.test().orElseThrow()));
    assertThat(dataset.channels()).isEqualTo(1);
    assertThat(read("data.channels=3").channels()).isEqualTo(3);
    int connections = CountingFileSystem.open().size();
    ImageDataset remote = read("data.path=" + CountingFileSystem.uri(folder));
    assertThat(placed(remote.train())).isEqualTo(placed(expected.train()));
    assertThat(CountingFileSystem.open()).hasSize(connections);
  }

  @Test
  void everyFileOfAFolderIsUsedOrNamed() throws IOException {
    writeFolder(idx.train(), label -> "kind " + label);
    Path one = folder.resolve("kind 3");
    Files.write(one.resolve("empty.png"), new byte[0]);
    Files.writeString(one.resolve("text.JPG"), "this is no image");
    Files.write(one.resolve("scan.tif"), new byte[] {1});
    Files.write(one.resolve(".hidden.png"), png(idx.test(), 0));
    Files.write(folder.resolve("stray.png"), png(idx.test(), 0));

    refused("data.test-fraction=0.1", "kind 3/empty.png is empty", "1 others");
    ImageDataset dataset = read("data.on-error=skip");
    assertThat(dataset.skipped())
        .extracting(broken -> broken.id() + " " + broken.reason())
        .containsExactly(
            "kind 3/empty.png is empty",
            "kind 3/text.JPG is no image in a known format (PNG, JPEG, GIF, BMP)");
    assertThat(dataset.leftOut())
        .extracting(LeftOut::reason, LeftOut::names)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(
                "hidden by its name", List.of("kind 3/.hidden.png")),
            org.assertj.core.groups.Tuple.tuple("in no folder of a class", List.of("stray.png")),
            org.assertj.core.groups.Tuple.tuple(
                "TIF files are not read", List.of("kind 3/scan.tif")));
    assertThat(dataset.train().size() + dataset.test().orElseThrow().size()).isEqualTo(TRAIN);
    assertThat(dataset.classNames()).startsWith("kind 0").hasSize(10);
  }

  @Test
  void whatIsNotReadIsRefusedWithASentence() throws IOException {
    refused("data.path=" + folder.resolve("nowhere"), "there is nothing at data.path");
    refused("data.validation=0", "holds no data that is read");
    Files.write(folder.resolve("kmnist-train-imgs.npz"), new byte[] {1});
    refused("data.validation=0", "kmnist-train-imgs.npz", "NumPy", "IDX");
    Files.writeString(folder.resolve("a.csv"), "label,p\n");
    Files.write(folder.resolve("b.parquet"), new byte[] {1});
    refused("data.validation=0", "several formats", "parquet, csv", "data.format");
    Files.write(folder.resolve("a.csv"), new byte[0]);
    refused("data.format=csv", "a.csv has no lines");
  }
}
