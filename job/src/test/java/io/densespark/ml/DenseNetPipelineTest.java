package io.densespark.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.job.ExitCode;
import io.densespark.job.SmallJobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.feature.IndexToString;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.CrossValidatorModel;
import org.apache.spark.ml.tuning.ParamGridBuilder;
import org.apache.spark.ml.tuning.TrainValidationSplit;
import org.apache.spark.ml.tuning.TrainValidationSplitModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The estimator among Spark's own: pipelines, tuning, files; and beside the command line. */
class DenseNetPipelineTest {

  @TempDir Path folder;

  private SparkSession spark;

  @AfterEach
  void stop() {
    spark.stop();
  }

  /** The command line is given the images in the order that a DataFrame's rows are put in. */
  @Test
  void fitsWhatTheCommandLineTrains() throws IOException {
    SmallJobs runs = new SmallJobs(folder);
    Path images = SmallPipelines.writeIdx(folder.resolve("idx"), 256);
    assertThat(runs.train("cli", "sync.replicas=2", "data.path=" + images))
        .isEqualTo(ExitCode.SUCCESS);
    spark = SmallPipelines.session();

    DenseNetModel model =
        new DenseNetClassifier()
            .setNumReplicas(2)
            .setImageSize(32)
            .setMaxIter(2)
            .setBatchSize(64)
            .setStepSize(0.05)
            .setSettings(
                "model.growth-rate=8", "model.block-layers=[2,2]", "model.stem.channels=16")
            .fit(SmallPipelines.rows(spark, 256).repartition(3));

    assertThat(model.parametersSha256()).isEqualTo(runs.sha("cli"));
  }

  @Test
  void aPipelineIsTrainedKeptAndReadAgain() throws IOException {
    spark = SmallPipelines.session();
    Dataset<Row> rows = SmallPipelines.rows(spark, 64);
    Pipeline pipeline =
        new Pipeline()
            .setStages(
                new PipelineStage[] {
                  new StringIndexer().setInputCol("kind").setOutputCol("index"),
                  SmallPipelines.classifier().setLabelCol("index"),
                  new IndexToString().setInputCol("prediction").setOutputCol("named")
                });

    pipeline.write().save(path("untrained"));
    PipelineModel model = Pipeline.load(path("untrained")).fit(rows);
    model.write().save(path("trained"));
    List<Row> predicted = model.transform(rows).collectAsList();

    assertThat(PipelineModel.load(path("trained")).transform(rows).collectAsList())
        .isEqualTo(predicted);
    assertThat(predicted)
        .allMatch(row -> row.<String>getAs("named").equals(row.getAs("predictedLabel")))
        .allMatch(row -> SmallPipelines.KINDS.contains(row.<String>getAs("named")));
  }

  @Test
  void tuningChoosesAmongParamsAndIsKept() throws IOException {
    spark = SmallPipelines.session();
    Dataset<Row> rows = SmallPipelines.rows(spark, 64);
    DenseNetClassifier classifier = SmallPipelines.classifier();
    ParamMap[] grid =
        new ParamGridBuilder().addGrid(classifier.stepSize(), new double[] {1e-9, 0.05}).build();
    MulticlassClassificationEvaluator evaluator =
        new MulticlassClassificationEvaluator().setMetricName("logLoss");

    CrossValidatorModel crossed =
        new CrossValidator()
            .setEstimator(classifier)
            .setEvaluator(evaluator)
            .setEstimatorParamMaps(grid)
            .setNumFolds(2)
            .setParallelism(2)
            .fit(rows);
    TrainValidationSplitModel split =
        new TrainValidationSplit()
            .setEstimator(classifier)
            .setEvaluator(evaluator)
            .setEstimatorParamMaps(grid)
            .fit(rows);
    crossed.write().save(path("crossed"));
    split.write().save(path("split"));

    assertThat(crossed.avgMetrics()).hasSize(2).doesNotContain(Double.NaN);
    assertThat(split.validationMetrics()).hasSize(2).doesNotContain(Double.NaN);
    CrossValidatorModel read = CrossValidatorModel.load(path("crossed"));
    assertThat(((DenseNetModel) read.bestModel()).parametersSha256())
        .isEqualTo(((DenseNetModel) crossed.bestModel()).parametersSha256());
    assertThat(read.getEstimatorParamMaps()).hasSize(2);
    assertThat(TrainValidationSplitModel.load(path("split")).bestModel().uid())
        .isEqualTo(split.bestModel().uid());
  }

  @Test
  void aModelThatIsNotWholeIsNotRead() throws IOException {
    spark = SmallPipelines.session();
    DenseNetModel model = SmallPipelines.classifier().fit(SmallPipelines.rows(spark, 32));
    model.write().save(path("model"));

    assertThatThrownBy(() -> model.write().save(path("model"))).hasMessageContaining("overwrite");
    model.write().overwrite().save(path("model"));
    assertThat(DenseNetModel.load(path("model")).parametersSha256())
        .isEqualTo(model.parametersSha256());
    Files.delete(folder.resolve("model/model.zip"));
    assertThatThrownBy(() -> DenseNetModel.load(path("model")))
        .hasMessageContaining("model/model.zip");
  }

  private String path(String name) {
    return folder.resolve(name).toUri().toString();
  }
}
