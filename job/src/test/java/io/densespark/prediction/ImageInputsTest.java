package io.densespark.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.DataException;
import io.densespark.data.OnError;
import io.densespark.images.BrokenImage;
import io.densespark.images.ImageFiles;
import io.densespark.images.ImageInputs;
import io.densespark.images.ImageInputs.Format;
import io.densespark.images.ImageInputs.Found;
import io.densespark.images.LeftOut;
import io.densespark.storage.InputFiles;
import io.densespark.storage.StorageException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageInputsTest {

  private static final byte[] PNG =
      ImageFiles.greyPng(PredictionFixture.images().pixels(), 0, 28, 28);

  private static SparkSession spark;

  @TempDir Path folder;

  @BeforeAll
  static void startSpark() {
    spark = PredictionFixture.spark();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void everyImageOfAFolderIsReadOrNamed() throws Exception {
    List<String> images =
        List.of(
            "[x].png",
            "_shirt/a.png",
            "_b.png",
            "a b.JPG",
            "a.JPe",
            "a.Png",
            "a.bmp",
            "a.gif",
            "a.jfif",
            "a:b.png",
            "empty.png",
            "deep/er/a.jpeg",
            "{y}.png",
            "?.png",
            "é.png");
    for (String name : images) {
      write(name, name.equals("empty.png") ? new byte[0] : PNG);
    }
    Path odd = Path.of(URI.create(folder.toUri() + "caf%E9.png"));
    Files.write(odd, PNG);
    for (String other : List.of(".hidden/a.png", ".a.png", "a.tif", "b.TIFF", "a.webp", "a.txt")) {
      write(other, PNG);
    }
    Files.createSymbolicLink(folder.resolve("self"), Path.of("."));
    Files.createSymbolicLink(folder.resolve("deep/up"), Path.of(".."));

    Found found = read(folder.toString());

    assertThat(ids(found.images()))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(images.stream(), Stream.of("caf%E9.png")).toList());
    assertThat(found.images().filter(col("content").equalTo(lit(PNG))).count()).isEqualTo(15);
    assertThat(found.leftOut())
        .extracting(LeftOut::reason)
        .containsExactly(
            "TIF files are not read",
            "TIFF files are not read",
            "WEBP files are not read",
            "hidden by its name",
            "link to what is read already",
            "no image by its name");
    assertThat(found.leftOut()).extracting(LeftOut::files).containsExactly(1L, 1L, 1L, 2L, 2L, 1L);
    assertThat(found.leftOut().get(3).names()).containsExactly(".a.png", ".hidden");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[x].png",
        "{y}.png",
        "?.png",
        "a:b.png",
        ".hidden.png",
        "no-ending",
        "é/[z]/a.png"
      })
  void whatIsNamedIsReadWhateverItsName(String name) throws Exception {
    write(name, PNG);
    write("x.png", new byte[] {1});

    Found found = read(folder + "/" + name);

    assertThat(ids(found.images())).containsExactly(Path.of(name).getFileName().toString());
    assertThat(found.images().first().<byte[]>getAs("content")).isEqualTo(PNG);
  }

  /** A file system whose folders named secret may not be looked into, even by root. */
  public static final class Guarded extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("guarded:///");
    }

    @Override
    public String getScheme() {
      return "guarded";
    }

    @Override
    public FileStatus[] listStatus(org.apache.hadoop.fs.Path path) throws IOException {
      if (path.getName().equals("secret")) {
        throw new AccessControlException("Permission denied: user=me");
      }
      return super.listStatus(path);
    }
  }

  @Test
  void aFolderThatMayNotBeLookedIntoCountsAsABrokenImage() throws Exception {
    write("data/a.png", PNG);
    write("data/secret/b.png", PNG);
    Configuration hadoop = new Configuration();
    hadoop.setClass("fs.guarded.impl", Guarded.class, FileSystem.class);
    ImageInputs inputs = new ImageInputs(spark, new InputFiles(hadoop));

    Found found = inputs.read(List.of("guarded://" + folder + "/data"), Format.AUTO, OnError.SKIP);

    assertThat(ids(found.images())).containsExactly("a.png");
    assertThat(found.broken())
        .containsExactly(
            new BrokenImage("secret/", "cannot be listed: Permission denied: user=me"));
    assertThatThrownBy(
            () ->
                inputs.read(
                    List.of("guarded://" + folder + "/data/secret"), Format.AUTO, OnError.SKIP))
        .isInstanceOf(StorageException.class);
  }

  @Test
  void aFolderWithoutImagesIsAnErrorThatTellsWhatIsThere() throws Exception {
    assertThatThrownBy(() -> read(folder.toString()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no images");
    write("a.webp", PNG);
    assertThatThrownBy(() -> read(folder.toString()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("1 WEBP files are not read (a.webp …)");
    assertThatThrownBy(() -> read(folder + "/none*")).hasMessageContaining("nothing matches");
  }

  @Test
  void anInputNamedTwiceIsReadOnce() throws Exception {
    write("d/a.png", PNG);
    write("b.png", PNG);

    Found found = read(folder + "/d", folder.toString(), folder + "/*.png");

    assertThat(ids(found.images()))
        .containsExactlyInAnyOrder("file:" + folder + "/d/a.png", "file:" + folder + "/b.png");
    assertThat(found.leftOut()).extracting(LeftOut::reason).containsExactly("named twice");
  }

  @Test
  void aParquetFolderMayBeDividedByAColumn() throws Exception {
    Dataset<Row> images = pngs("content", "0", "1", "2").drop("id");
    images.repartition(1).write().parquet("file:" + folder + "/data/label=3");
    images.repartition(1).write().parquet("file:" + folder + "/data/label=4");

    Found found = read(folder + "/data");

    assertThat(ids(found.images())).hasSize(6).doesNotHaveDuplicates();
    assertThat(ids(found.images()).get(0)).matches("label=3/part-.*\\.parquet#\\d");
    assertThat(found.broken()).isEmpty();
  }

  @Test
  void parquetFilesThatCannotBeUsedAreNamed() throws Exception {
    byte[] good = parquet(pngs("content", "0", "1"));
    write("data/a.parquet", good);
    write("data/b.parquet", parquet(pngs("content", "2")));
    write("data/cut.parquet", Arrays.copyOf(good, good.length / 2));
    write("data/empty.parquet", new byte[0]);
    write("data/other.parquet", parquet(pngs("png", "3")));
    write("data/text.txt", "no table".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    write("data/_SUCCESS", new byte[0]);
    byte[] footer = good.clone();
    footer[good.length - 20]++;
    Arrays.fill(footer, good.length - 60, good.length - 8, (byte) 0xff);
    write("data/footer.parquet", footer);

    Found found = read(folder + "/data");

    assertThat(ids(found.images())).containsExactlyInAnyOrder("0", "1", "2");
    assertThat(found.broken())
        .extracting(BrokenImage::id)
        .containsExactlyInAnyOrder(
            "cut.parquet", "empty.parquet", "footer.parquet", "other.parquet", "text.txt");
    assertThatThrownBy(
            () ->
                new PredictionOutput(spark, folder + "/out", false)
                    .write(found.images(), "m", OnError.FAIL, found.broken(), found.leftOut()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("cut.parquet")
        .hasMessageContaining("--on-error skip");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void aParquetFileThatIsDamagedInsideIsNamed(int bytes) throws Exception {
    byte[] good = parquet(pngs("content", "0", "1"));
    byte[] damaged = parquet(pngs("content", "2", "3", "4"));
    for (int at = 60; at < 60 + bytes; at++) {
      damaged[at] ^= 1;
    }
    write("data/good.parquet", good);
    write("data/damaged.parquet", damaged);
    Found unchecked = read(folder + "/data");
    assertThat(unchecked.broken()).isEmpty();
    PredictionOutput output = new PredictionOutput(spark, folder + "/out", false);

    assertThatThrownBy(() -> output.write(predictions(unchecked), "m", OnError.FAIL))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("damaged.parquet is damaged (")
        .hasMessageNotContaining("SparkException");
    assertThat(folder.resolve("out")).doesNotExist();

    Found found = inputs().read(List.of(folder + "/data"), Format.AUTO, OnError.SKIP);
    PredictionOutput.Summary summary =
        output.write(predictions(found), "m", OnError.SKIP, found.broken(), found.leftOut());

    assertThat(summary.images()).isEqualTo(2);
    assertThat(summary.broken()).isEqualTo(1);
    assertThat(summary.brokenImages())
        .containsExactly(
            new BrokenImage("damaged.parquet", "is damaged: 0 of its 3 rows can be read"));
  }

  private static Dataset<Row> predictions(Found found) {
    return ImagePredictor.builder(spark, PredictionFixture.net(), PredictionFixture.SIGNATURE)
        .build()
        .predict(found.images());
  }

  @Test
  void tablesAndImagesInOneFolderHaveToBeToldApart() throws Exception {
    write("a.png", PNG);
    write("[t] 1%20.parquet", parquet(pngs("content", "0")));

    assertThatThrownBy(() -> read(folder.toString())).hasMessageContaining("--format");
    assertThat(ids(inputs().read(List.of(folder.toString()), Format.IMAGES, OnError.FAIL).images()))
        .containsExactly("a.png");
    Files.delete(folder.resolve("a.png"));
    assertThat(ids(read(folder.toString()).images())).containsExactly("0");
  }

  private Found read(String... places) {
    return inputs().read(List.of(places), Format.AUTO, OnError.FAIL);
  }

  private static ImageInputs inputs() {
    return new ImageInputs(spark, new InputFiles(new Configuration()));
  }

  private static List<String> ids(Dataset<Row> images) {
    return images.select("id").collectAsList().stream().map(row -> row.getString(0)).toList();
  }

  private void write(String name, byte[] content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private static Dataset<Row> pngs(String column, String... ids) {
    StructType schema = new StructType().add("id", "string").add(column, "binary");
    return spark.createDataFrame(
        Stream.of(ids).map(id -> RowFactory.create(id, PNG)).toList(), schema);
  }

  /** The bytes of one Parquet file. */
  private byte[] parquet(Dataset<Row> rows) throws IOException {
    Path written = Files.createTempDirectory(folder, ".written");
    rows.repartition(1).write().mode("overwrite").parquet("file:" + written);
    try (Stream<Path> files = Files.list(written)) {
      Path table =
          files.filter(file -> file.toString().endsWith(".parquet")).findAny().orElseThrow();
      return Files.readAllBytes(table);
    }
  }
}
