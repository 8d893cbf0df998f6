package io.densespark.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.DataException;
import io.densespark.data.OnError;
import io.densespark.images.BrokenImage;
import io.densespark.prediction.PredictionOutput.Summary;
import io.densespark.storage.Content;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What holds of written predictions on every kind of store. */
abstract class PredictionOutputContract {

  private static final StructType PREDICTIONS =
      new StructType()
          .add("id", "string")
          .add("label", "int")
          .add("class_name", "string")
          .add("probabilities", DataTypes.createArrayType(DataTypes.FloatType, false))
          .add("error", "string");

  private static SparkSession spark;
  private Store store;

  /** A workspace that nobody has used, and Spark's settings to reach it. */
  abstract Store freshStore() throws Exception;

  void configure(SparkSession session) {}

  @BeforeEach
  void open() throws Exception {
    spark = PredictionFixture.spark();
    store = freshStore();
    configure(spark);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void whatIsWrittenIsReadAndCounted() {
    Summary summary = write(rows(7), false, OnError.FAIL);

    assertThat(summary.images()).isEqualTo(7);
    assertThat(summary.classes()).isEqualTo(Map.of("even", 4L, "odd", 3L));
    assertThat(read().collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactlyInAnyOrder("0", "1", "2", "3", "4", "5", "6");
    assertThat(read().columns()).containsExactly("id", "label", "class_name", "probabilities");
    assertThat(names()).contains("_SUCCESS", "_summary.json").noneMatch(this::isTemporary);
    assertThat(store.list("")).extracting(StoreEntry::path).containsExactly("predictions");
  }

  @Test
  void whatIsThereIsRefusedUnlessItIsToBeReplaced() {
    write(rows(7), false, OnError.FAIL);

    assertThatThrownBy(() -> write(rows(3), false, OnError.FAIL))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("--overwrite");
    assertThat(read().count()).isEqualTo(7);

    write(rows(3), true, OnError.FAIL);
    assertThat(read().count()).isEqualTo(3);
    assertThat(names()).contains("_SUCCESS").noneMatch(this::isTemporary);
  }

  @Test
  void nothingButPredictionsIsEverReplaced() {
    Map<String, String> foreign =
        Map.of(
            "predictions/a.png", "an image among other things",
            "predictions/part-0.parquet", "a table of somebody else",
            "predictions/_summary.json", "{\"by\": \"somebody else\"}",
            "predictions/sub/part-0.parquet", "a folder in it",
            "predictions", "a file");
    foreign.forEach(
        (path, what) -> {
          store.publish(path, Content.of(what.getBytes(StandardCharsets.UTF_8)));

          assertThatThrownBy(() -> write(rows(3), true, OnError.FAIL))
              .as(what)
              .isInstanceOf(StorageException.class)
              .hasMessageContaining("choose another place");

          assertThat(store.read(path)).asString(StandardCharsets.UTF_8).isEqualTo(what);
          store.delete("predictions");
        });
  }

  @Test
  void predictionsWithAFileOfSomebodyElseAreNotReplaced() {
    write(rows(7), false, OnError.FAIL);
    store.publish("predictions/notes.txt", Content.of(new byte[] {1}));

    assertThatThrownBy(() -> write(rows(3), true, OnError.FAIL)).hasMessageContaining("notes.txt");

    assertThat(store.exists("predictions/notes.txt")).isTrue();
    assertThat(dataFiles()).isNotEmpty();
  }

  @Test
  void aBrokenImageThatEndsTheJobLeavesWhatWasThere() {
    Dataset<Row> broken = rows(6).union(brokenRow());

    assertThatThrownBy(() -> write(broken, false, OnError.FAIL))
        .hasStackTraceContaining("the image x is torn");
    assertThat(store.exists("predictions/_SUCCESS")).isFalse();
    assertThat(dataFiles()).isEmpty();

    write(rows(5), true, OnError.FAIL);
    assertThatThrownBy(() -> write(broken, true, OnError.FAIL))
        .hasStackTraceContaining("the image x is torn");
    assertThat(read().count()).isEqualTo(5);
    assertThat(store.exists("predictions/_SUCCESS")).isTrue();
  }

  @Test
  void brokenImagesAreLeftOutAndNamed() {
    Summary summary = write(rows(6).union(brokenRow()), false, OnError.SKIP);

    assertThat(summary.images()).isEqualTo(6);
    assertThat(summary.broken()).isEqualTo(1);
    assertThat(summary.brokenImages()).containsExactly(new BrokenImage("x", "is torn"));
    assertThat(read().count()).isEqualTo(6);
    assertThat(new String(store.read("predictions/_summary.json"), StandardCharsets.UTF_8))
        .contains("is torn");
  }

  @Test
  void whereNothingCanBePredictedNothingIsWritten() {
    assertThatThrownBy(() -> write(rows(0), false, OnError.FAIL)).isInstanceOf(DataException.class);
    assertThatThrownBy(() -> write(brokenRow(), false, OnError.SKIP))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("x is torn");
    assertThat(dataFiles()).isEmpty();
    assertThat(store.exists("predictions/_SUCCESS")).isFalse();

    write(rows(5), true, OnError.FAIL);
    assertThatThrownBy(() -> write(brokenRow(), true, OnError.SKIP))
        .isInstanceOf(DataException.class);
    assertThat(read().count()).isEqualTo(5);
  }

  @Test
  void whileItIsWrittenNothingIsSeen() {
    Store seen = store;
    Dataset<Row> slow =
        rows(6)
            .repartition(2)
            .filter(
                (FilterFunction<Row>)
                    row -> seen.list("predictions").stream().noneMatch(e -> isData(e.name())));

    assertThat(write(slow, false, OnError.FAIL).images()).isEqualTo(6);
  }

  private Summary write(Dataset<Row> rows, boolean overwrite, OnError onError) {
    return new PredictionOutput(spark, store.uri("predictions"), overwrite)
        .write(rows, "a model", onError);
  }

  private Dataset<Row> read() {
    return spark.read().parquet(store.uri("predictions"));
  }

  private List<String> names() {
    return store.list("predictions").stream().map(StoreEntry::name).toList();
  }

  private List<String> dataFiles() {
    return names().stream().filter(PredictionOutputContract::isData).toList();
  }

  private static boolean isData(String name) {
    return name.endsWith(".parquet");
  }

  private boolean isTemporary(String name) {
    return name.startsWith("_temporary") || name.startsWith("__magic");
  }

  private static Dataset<Row> rows(int count) {
    List<Row> rows =
        java.util.stream.IntStream.range(0, count)
            .mapToObj(
                i ->
                    RowFactory.create(
                        String.valueOf(i),
                        i % 2,
                        i % 2 == 0 ? "even" : "odd",
                        new float[] {1 - i % 2, i % 2},
                        null))
            .toList();
    return spark.createDataFrame(rows, PREDICTIONS);
  }

  private static Dataset<Row> brokenRow() {
    return spark.createDataFrame(
        List.of(RowFactory.create("x", null, null, null, "is torn")), PREDICTIONS);
  }
}
