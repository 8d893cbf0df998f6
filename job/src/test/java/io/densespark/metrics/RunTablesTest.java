package io.densespark.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.storage.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Written by Parquet alone, read by plain Spark. */
class RunTablesTest {

  private static final Instant STARTED = Instant.parse("2026-03-01T10:20:30.123456Z");

  @TempDir private static Path workspace;
  private static SparkSession spark;

  @BeforeAll
  static void writeTwoRuns() {
    try (Store store = Store.open(workspace.toString(), new Configuration())) {
      write(store, "a", Map.of("model.name", "tutorial", "train.seed", "-9223372036854775808"));
      write(
          store,
          "b",
          Map.of("model.name", "densenet-bc", "train.batch-size", "256", "train.l2", "1.0E-4"));
    }
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.warehouse.dir", workspace.resolve("warehouse").toString())
            .getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void sparkAnswersAQuestionAcrossRuns() {
    epochs().createOrReplaceTempView("epochs");

    List<Row> best =
        spark
            .sql("select runId, model, max(testAccuracy) from epochs group by runId, model")
            .collectAsList();

    assertThat(best)
        .extracting(Row::mkString)
        .containsExactlyInAnyOrder("atutorial0.75", "bdensenet-bc0.75");
  }

  @Test
  void settingsAreTypedColumnsAndAMap() {
    Row a = epochs().where("runId = 'a'").first();
    Row b = epochs().where("runId = 'b'").first();

    assertThat(a.<Long>getAs("seed")).isEqualTo(Long.MIN_VALUE);
    assertThat(a.<Integer>getAs("batchSize")).isNull();
    assertThat(b.<Integer>getAs("batchSize")).isEqualTo(256);
    assertThat(b.<Integer>getAs("replicas")).isEqualTo(2);
    assertThat(b.getJavaMap(b.fieldIndex("settings")).get("train.l2")).isEqualTo("1.0E-4");
    assertThat(b.<String>getAs("state")).isEqualTo("failed");
    assertThat(b.<java.sql.Timestamp>getAs("startedAt").toInstant()).isEqualTo(STARTED);
  }

  @Test
  void everyColumnOfTheLinesIsThereUnderItsName() {
    Map<String, Class<?>> wanted = new TreeMap<>();
    for (var component : EpochRecord.class.getRecordComponents()) {
      wanted.put(component.getName(), component.getType());
    }

    assertThat(epochs().columns()).containsAll(wanted.keySet());
    assertThat(steps().columns())
        .containsAll(
            java.util.Arrays.stream(StepRecord.class.getRecordComponents())
                .map(java.lang.reflect.RecordComponent::getName)
                .toList());
    assertThat(steps().schema().apply("loss").dataType()).isEqualTo(DataTypes.DoubleType);
    assertThat(steps().schema().apply("step").dataType()).isEqualTo(DataTypes.LongType);
  }

  @Test
  void whatIsNotFiniteIsNullAndLeftOutOfMeans() {
    assertThat(steps().where("loss is null").count()).isEqualTo(2);
    assertThat(steps().selectExpr("avg(loss)").first().getDouble(0)).isEqualTo(1.5);
    assertThat(epochs().where("testAccuracy is null and epoch = 2").count()).isEqualTo(2);
  }

  @Test
  void confusionAndClassesKeepTheirOrder() {
    Row first = epochs().where("runId = 'a' and epoch = 1").first();

    assertThat(first.getList(first.fieldIndex("confusion")).toString())
        .contains("3, 1")
        .contains("0, 4");
    List<Row> classes = first.getList(first.fieldIndex("perClass"));
    assertThat(classes).extracting(row -> row.getString(0)).containsExactly("Bag", "Coat");
    assertThat(classes.get(0).getDouble(2)).isEqualTo(0.75);
    assertThat(classes.get(1).isNullAt(1)).isTrue();
  }

  @Test
  void stepsStandInTheirOrder() {
    assertThat(steps().where("runId = 'a'").collectAsList())
        .isSortedAccordingTo(Comparator.comparingLong(row -> row.<Long>getAs("step")))
        .hasSize(3);
  }

  private static Dataset<Row> epochs() {
    return spark.read().parquet(workspace + "/runs/*/metrics/epochs.parquet");
  }

  private static Dataset<Row> steps() {
    return spark.read().parquet(workspace + "/runs/*/metrics/steps.parquet");
  }

  private static void write(Store store, String id, Map<String, String> settings) {
    RunDirectory directory = new RunDirectory(store, id);
    directory.writeProvenance(Provenance.collect(Map.of(), Map.of(), Map.of(), Map.of(), 2, null));
    try (MetricsLog<StepRecord> steps =
        MetricsLog.create(store, directory.steps(), Duration.ZERO)) {
      for (int step = 1; step <= 3; step++) {
        double loss = step == 3 ? Double.NaN : step;
        steps.add(new StepRecord(step, 1, loss, 0.1, 10, 100, 8, 1, 1, 0, 64, 0.5, 32, 64));
      }
    }
    try (MetricsLog<EpochRecord> epochs =
        MetricsLog.create(store, directory.epochs(), Duration.ZERO)) {
      epochs.add(
          new EpochRecord(
              1,
              3,
              1.5,
              1.25,
              0.75,
              1.5,
              0.5,
              100,
              3,
              0.1,
              List.of(
                  new EpochRecord.ClassRecord("Bag", 1, 0.75),
                  new EpochRecord.ClassRecord("Coat", Double.NaN, 1)),
              List.of(List.of(3L, 1L), List.of(0L, 4L))));
      epochs.add(
          new EpochRecord(2, 6, 1, null, null, null, null, 100, 3, 0.1, List.of(), List.of()));
    }
    RunStatus failed = RunStatus.started(id, STARTED).failed(20, "stopped", 9, STARTED);
    RunTables.write(directory, failed, settings);
  }
}
