package io.densespark.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.densespark.config.ConfigException;
import io.densespark.data.DataException;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.attribute.Attribute;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The estimator and its model on DataFrames. */
class DenseNetClassifierTest {

  private static SparkSession spark;
  private static Dataset<Row> rows;
  private static DenseNetModel model;

  @BeforeAll
  static void fit() {
    spark = SmallPipelines.session();
    rows = SmallPipelines.rows(spark, 64).cache();
    model = SmallPipelines.classifier().fit(rows);
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void addsTheUsualColumnsBehindItsInput() {
    Dataset<Row> predicted = model.transform(rows);

    assertThat(predicted.columns())
        .containsExactly(
            "id",
            "pixels",
            "features",
            "label",
            "kind",
            "rawPrediction",
            "probability",
            "prediction",
            "predictedLabel");
    assertThat(predicted.schema()).isEqualTo(model.transformSchema(rows.schema()));
    for (Row row : predicted.collectAsList()) {
      double[] probability = row.<Vector>getAs("probability").toArray();
      assertThat(Arrays.stream(probability).sum()).isBetween(0.9999, 1.0001);
      int prediction = (int) row.<Double>getAs("prediction").doubleValue();
      assertThat(probability[prediction]).isEqualTo(Arrays.stream(probability).max().getAsDouble());
      assertThat(row.<String>getAs("predictedLabel")).isEqualTo("" + prediction);
      assertThat(Math.exp(row.<Vector>getAs("rawPrediction").apply(3)))
          .isEqualTo(probability[3], within(1e-9));
    }
    assertThat(predicted.select("id").as(Encoders.INT()).collectAsList())
        .isEqualTo(rows.select("id").as(Encoders.INT()).collectAsList());
  }

  @Test
  void namesOfClassesAreThoseOfTheLabels() {
    DenseNetModel named = SmallPipelines.classifier().setLabelCol("kind").fit(rows);
    Dataset<Row> predicted = named.transform(rows);

    List<String> sorted = SmallPipelines.KINDS.stream().sorted().toList();
    assertThat(named.getClassNames()).containsExactlyElementsOf(sorted);
    for (Row row : predicted.collectAsList()) {
      int prediction = (int) row.<Double>getAs("prediction").doubleValue();
      assertThat(row.<String>getAs("predictedLabel")).isEqualTo(sorted.get(prediction));
    }
    Attribute attribute = Attribute.fromStructField(predicted.schema().apply("prediction"));
    assertThat(((NominalAttribute) attribute).values().get()).containsExactlyElementsOf(sorted);
  }

  @Test
  void filesVectorsAndBytesOfTheSameImagesAreTheSame() {
    assertThat(SmallPipelines.classifier().setFeaturesCol("pixels").fit(rows).parametersSha256())
        .isEqualTo(model.parametersSha256());
  }

  @Test
  void thresholdsMoveThePrediction() {
    double[] thresholds = new double[10];
    Arrays.fill(thresholds, 1);
    thresholds[7] = 1e-9;

    assertThat(
            model
                .copy(ParamMap.empty())
                .setThresholds(thresholds)
                .transform(rows)
                .filter("prediction != 7")
                .count())
        .isZero();
  }

  @Test
  void oneImageIsPredictedWithoutTasks() {
    Row row = model.transform(rows).first();

    Vector alone = model.predictProbability(row.<Vector>getAs("features"));
    assertThat(alone.toArray())
        .containsExactly(row.<Vector>getAs("probability").toArray(), within(1e-4));
    assertThat(model.predict(row.<Vector>getAs("features"))).isEqualTo(row.getAs("prediction"));
  }

  @Test
  void rowsOfTheValidationColumnAreMeasuredAndNotTrainedOn() {
    Dataset<Row> marked = rows.withColumn("held", functions.expr("id >= 48"));
    DenseNetModel held =
        SmallPipelines.classifier().setValidationIndicatorCol("held").setMaxIter(2).fit(marked);

    assertThat(held.validationAccuracy()).hasSize(2);
    assertThat(held.objectiveHistory()).hasSize(2);
    assertThat(held.parametersSha256())
        .isEqualTo(
            SmallPipelines.classifier().setMaxIter(2).fit(rows.limit(48)).parametersSha256());
  }

  @Test
  void imagesThatCannotBeUsedEndAFitWithTheirRow() {
    Dataset<Row> broken =
        rows.withColumn("pixels", functions.expr("if(id = 3, binary('xy'), pixels)"));

    assertThatThrownBy(() -> SmallPipelines.classifier().setFeaturesCol("pixels").fit(broken))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("row 3 of partition 0");
    DenseNetModel reader = model.copy(ParamMap.empty());
    reader.setFeaturesCol("image");
    Dataset<Row> files = rows.withColumn("image", functions.expr("binary('no file')"));
    assertThat(reader.setHandleInvalid("skip").transform(files).count()).isZero();
    assertThat(
            reader.setHandleInvalid("keep").transform(files).filter("prediction is null").count())
        .isEqualTo(64);
    assertThatThrownBy(() -> reader.setHandleInvalid("error").transform(files).collect())
        .hasMessageContaining("label = ")
        .hasMessageContaining("set handleInvalid")
        .hasMessageNotContaining("0.0, 0.0");
  }

  @Test
  void whatCannotBeSetSaysSo() {
    assertThatThrownBy(() -> SmallPipelines.classifier().setMaxIter(0).fit(rows))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("maxIter")
        .hasMessageContaining("train.epochs");
    assertThatThrownBy(() -> SmallPipelines.classifier().setSettings("run.id=a").fit(rows))
        .hasMessageContaining("run.id=a");
    assertThatThrownBy(() -> SmallPipelines.classifier().setFeaturesCol("kind").fit(rows))
        .hasMessageContaining("featuresCol");
    assertThatThrownBy(() -> SmallPipelines.classifier().setLabelCol("none").fit(rows))
        .hasMessageContaining("there is no column none, named by labelCol");
    assertThatThrownBy(() -> SmallPipelines.classifier().setHandleInvalid("maybe"))
        .hasMessageContaining("handleInvalid");
  }

  /** Spark finds a stage's params by their parent, which is its name. */
  @Test
  void everyParamIsOfItsStage() {
    DenseNetClassifier given = new DenseNetClassifier("given");

    assertThat(given.uid()).isEqualTo("given");
    assertThat(given.params()).hasSizeGreaterThan(15).allMatch(DenseNetClassifierTest::isGiven);
    assertThat(model.params()).allMatch(param -> param.parent().equals(model.uid()));
    assertThat(model.parent().uid()).startsWith("denseNetClassifier");
    assertThat(given.explainParams()).contains("maxIter: train.epochs (default: 5)");
  }

  private static boolean isGiven(Param<?> param) {
    return param.parent().equals("given");
  }
}
