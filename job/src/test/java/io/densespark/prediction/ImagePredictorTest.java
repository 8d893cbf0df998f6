package io.densespark.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.densespark.data.FashionMnist;
import io.densespark.data.IdxFiles;
import io.densespark.data.ImageSet;
import io.densespark.data.OnError;
import io.densespark.images.ImageFiles;
import io.densespark.images.ImageInputs;
import io.densespark.images.ImageInputs.Format;
import io.densespark.storage.InputFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ImagePredictorTest {

  @TempDir static Path folder;

  private static final ComputationGraph NET = PredictionFixture.net();
  private static SparkSession spark;
  private static Map<Integer, List<Float>> expected;

  @BeforeAll
  static void predictIdx() throws Exception {
    spark = PredictionFixture.spark();
    PredictionFixture.writePngs(folder.resolve("pngs"));
    expected = PredictionFixture.byNumber(predictor(16).predict(idx()));
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void agreesWithDl4jsOwnOutput() {
    assertIsOutput(expected, NET.outputSingle(features(false)));
  }

  @Test
  void mirroredPredictionIsTheMeanOfDl4jsOutputsForBothImages() throws Exception {
    ImagePredictor both =
        ImagePredictor.builder(spark, NET, PredictionFixture.SIGNATURE)
            .batchSize(16)
            .mirrored(true)
            .build();

    assertIsOutput(
        PredictionFixture.byNumber(both.predict(idx())),
        NET.outputSingle(features(false)).add(NET.outputSingle(features(true))).div(2));
  }

  private static INDArray features(boolean mirrored) {
    ImageSet images = IdxFiles.resized(PredictionFixture.images(), PredictionFixture.SIDE);
    INDArray features =
        Nd4j.create(DataType.FLOAT, images.size(), 1, images.height(), images.width());
    int width = images.width();
    for (int i = 0; i < images.pixels().length; i++) {
      int column = i % width;
      int from = mirrored ? i - column + width - 1 - column : i;
      features.data().put(i, (images.pixels()[from] & 0xff) / 255f);
    }
    return features;
  }

  private static void assertIsOutput(Map<Integer, List<Float>> expected, INDArray output) {

    assertThat(expected).hasSize(PredictionFixture.IMAGES);
    double worst = 0;
    for (int i = 0; i < PredictionFixture.IMAGES; i++) {
      for (int c = 0; c < PredictionFixture.SIGNATURE.classes(); c++) {
        double difference = Math.abs(output.getDouble(i, c) - expected.get(i).get(c));
        worst = Math.max(worst, difference);
      }
    }
    System.out.printf(Locale.ROOT, "predictions: %.0f%% of 1e-5%n", worst / 1e-5 * 100);
    assertThat(worst).isCloseTo(0, within(1e-5));
  }

  @Test
  void pngFilesGiveTheBitsOfIdx() {
    Dataset<Row> files = inputs().read(List.of(uri("pngs")), Format.IMAGES, OnError.FAIL).images();

    assertThat(PredictionFixture.byNumber(predictor(16).predict(files))).isEqualTo(expected);
  }

  @Test
  void sparksImageSourceGivesTheBitsOfIdx() {
    Dataset<Row> images =
        spark
            .read()
            .format("image")
            .option("recursiveFileLookup", true)
            .load(uri("pngs"))
            .withColumn("id", regexp_extract(col("image.origin"), "(\\d+\\.png)", 1));

    assertThat(PredictionFixture.byNumber(predictor(16).predict(images))).isEqualTo(expected);
  }

  @Test
  void pixelsAsArraysGiveTheBitsOfIdx() {
    byte[] pixels = PredictionFixture.images().pixels();
    int size = pixels.length / PredictionFixture.IMAGES;
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < PredictionFixture.IMAGES; i++) {
      List<Integer> numbers = new ArrayList<>();
      for (int p = i * size; p < (i + 1) * size; p++) {
        numbers.add(pixels[p] & 0xff);
      }
      rows.add(RowFactory.create(Integer.toString(i), numbers));
    }
    Dataset<Row> ints =
        spark.createDataFrame(
            rows, new StructType().add("id", "string").add("pixels", "array<int>"));
    Map<String, String> conversions =
        Map.of(
            "bytes", "transform(pixels, p -> tinyint(if(p > 127, p - 256, p)))",
            "ints", "pixels",
            "floats", "transform(pixels, p -> float(p) / 255f)");
    conversions.forEach(
        (name, conversion) -> {
          Dataset<Row> one = ints.select(col("id"), expr(conversion).as("pixels"));
          assertThat(PredictionFixture.byNumber(predictor(16).predict(roundTrip(one, name))))
              .as(name)
              .isEqualTo(expected);
        });
  }

  @Test
  void resultDependsNeitherOnPartitionsNorOnNeighbours() {
    Dataset<Row> images = idx().limit(PredictionFixture.IMAGES);
    for (int partitions : new int[] {1, 3, 7}) {
      // Repartitioning by round robin mixes the rows.
      Dataset<Row> mixed = images.repartition(partitions);
      assertThat(PredictionFixture.byNumber(predictor(16).predict(mixed)))
          .as("%d partitions", partitions)
          .isEqualTo(expected);
    }
  }

  @Test
  void otherColumnsGoAlongAndLabelsAreNamed() {
    ImagePredictor named =
        ImagePredictor.builder(spark, NET, PredictionFixture.SIGNATURE)
            .classNames(FashionMnist.CLASS_NAMES)
            .build();
    Dataset<Row> predictions = named.predict(idx().limit(3).withColumn("day", lit("monday")));

    assertThat(predictions.columns())
        .containsExactly("id", "day", "label", "class_name", "probabilities", "error");
    for (Row row : predictions.collectAsList()) {
      List<Float> probabilities = row.getList(4);
      int label = row.getInt(2);
      assertThat(row.getString(1)).isEqualTo("monday");
      assertThat(row.getString(3)).isEqualTo(FashionMnist.CLASS_NAMES.get(label));
      assertThat(probabilities).allMatch(p -> p <= probabilities.get(label));
      assertThat(probabilities.stream().mapToDouble(p -> p).sum()).isCloseTo(1, within(1e-5));
      assertThat(row.isNullAt(5)).isTrue();
    }
  }

  @Test
  void imagesThatCannotBeReadAreNamedAndTheOthersPredicted() {
    byte[] good = PredictionFixture.images().pixels();
    byte[] png = ImageFiles.greyPng(good, 0, 28, 28);
    byte[] damaged = png.clone();
    damaged[png.length / 2]++;
    List<Row> rows = new ArrayList<>();
    rows.add(RowFactory.create("damaged", damaged));
    rows.add(RowFactory.create("0", png));
    rows.add(RowFactory.create("none", null));
    StructType schema = new StructType().add("id", "string").add("png", "binary");

    List<Row> predictions =
        predictor(16).predict(spark.createDataFrame(rows, schema)).collectAsList();

    assertThat(predictions)
        .extracting(row -> row.getString(0))
        .containsExactly("damaged", "0", "none");
    assertThat(predictions.get(0).<String>getAs("error")).contains("damaged PNG");
    assertThat(predictions.get(0).isNullAt(1)).isTrue();
    assertThat(predictions.get(1).<String>getAs("error")).isNull();
    assertThat(predictions.get(1).<Float>getList(2)).isEqualTo(expected.get(0));
    assertThat(predictions.get(2).<String>getAs("error")).contains("has no png");
  }

  @Test
  void nothingGivesNothing() {
    assertThat(predictor(16).predict(idx().limit(0)).collectAsList()).isEmpty();
  }

  @Test
  void aSchemaWithoutImagesIsRefusedWithWhatWouldDo() {
    Dataset<Row> rows = idx().select("id", "height");

    assertThatThrownBy(() -> predictor(16).predict(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("height:int")
        .hasMessageContaining("pixels");
    assertThatThrownBy(() -> predictor(16).predict(idx().withColumn("label", lit(1))))
        .hasMessageContaining("label");
  }

  private static ImagePredictor predictor(int batchSize) {
    return ImagePredictor.builder(spark, NET, PredictionFixture.SIGNATURE)
        .batchSize(batchSize)
        .build();
  }

  private static ImageInputs inputs() {
    return new ImageInputs(spark, new InputFiles(new Configuration()));
  }

  private static Dataset<Row> idx() {
    return inputs()
        .read(List.of(PredictionFixture.IDX.toString()), Format.IDX, OnError.FAIL)
        .images();
  }

  private static String uri(String name) {
    return "file:" + folder.resolve(name);
  }

  private static Dataset<Row> roundTrip(Dataset<Row> rows, String name) {
    rows.write().parquet(uri(name));
    return inputs().read(List.of(uri(name)), Format.PARQUET, OnError.FAIL).images();
  }
}
