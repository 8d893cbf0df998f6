package io.densespark.prediction;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.InferencePlans;
import io.densespark.engine.PlanConfig;
import io.densespark.images.ImageColumns;
import io.densespark.model.ModelSignature;
import io.densespark.text.Text;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A model as a function of DataFrames, for use in any Spark program:
 *
 * <pre>{@code
 * var predictor = ImagePredictor.builder(spark, graph, new ModelSignature(1, 48, 48, 10)).build();
 * Dataset<Row> predictions = predictor.predict(spark.read().format("binaryFile").load("images/"));
 * }</pre>
 *
 * <p>Images are found by the names and types of columns: files in a binary column {@code image},
 * {@code content} or {@code png}; Spark's struct {@code image}; bytes or numbers in a column {@code
 * pixels}. They may have any size: each is converted to the model's number of channels and resized
 * as in training.
 *
 * <p>The result holds every other column and
 *
 * <ul>
 *   <li>{@code label}, int: index of the most probable class
 *   <li>{@code class_name}, string: its name, where names were given
 *   <li>{@code probabilities}, array of float: of every class
 *   <li>{@code error}, string: why an image could not be used; label and probabilities are null
 *       then
 * </ul>
 *
 * <p>What comes out for an image depends on the image, the model and the batch size alone: not on
 * the rows beside it, its partition or the executor, as long as all processors have the same
 * instruction set.
 *
 * @implNote parameters are broadcast once for each predictor, and freed by Spark when nothing
 *     refers to the predictor or its results any more. A plan is compiled once for each thread of
 *     an executor that predicts and serves until a plan for another model is wanted there.
 */
public final class ImagePredictor {

  static final String LABEL = "label";
  static final String CLASS_NAME = "class_name";
  static final String PROBABILITIES = "probabilities";
  static final String ERROR = "error";

  private final InferencePlans.Key plan;
  private final int classes;
  private final List<String> classNames;
  private final boolean mirrored;
  private final Broadcast<float[]> parameters;

  private ImagePredictor(Builder builder) {
    ModelSignature signature = builder.signature;
    this.plan =
        InferencePlans.Key.of(
            builder.graph.getConfiguration(),
            new PlanConfig(
                builder.batchSize,
                builder.threads,
                PlanConfig.Purpose.INFERENCE,
                signature.channels(),
                signature.height(),
                signature.width(),
                builder.engine));
    this.classes = signature.classes();
    this.classNames = builder.classNames;
    this.mirrored = builder.mirrored;
    INDArray flat = builder.graph.params().castTo(DataType.FLOAT);
    this.parameters =
        JavaSparkContext.fromSparkContext(builder.spark.sparkContext())
            .broadcast(flat.dup().data().asFloat());
  }

  /**
   * Starts the settings of a predictor.
   *
   * @param graph a trained net; its parameters are taken when the predictor is built
   * @param signature images that it reads, of 1 or 3 channels, and classes that it tells apart
   */
  public static Builder builder(
      SparkSession spark, ComputationGraph graph, ModelSignature signature) {
    return new Builder(spark, graph, signature);
  }

  /** Settings of a predictor; each has a default. */
  public static final class Builder {
    private final SparkSession spark;
    private final ComputationGraph graph;
    private final ModelSignature signature;
    private EngineConfig engine = EngineConfig.defaults();
    private List<String> classNames = List.of();
    private int batchSize = 128;
    private int threads = 1;
    private boolean mirrored;

    private Builder(SparkSession spark, ComputationGraph graph, ModelSignature signature) {
      if (signature.channels() != 1 && signature.channels() != 3) {
        throw new IllegalArgumentException(
            "models of 1 or 3 channels can predict images, this one reads " + signature.channels());
      }
      this.spark = spark;
      this.graph = graph;
      this.signature = signature;
    }

    /** What computes. Default: the fastest engine that can. */
    public Builder engine(EngineConfig engine) {
      this.engine = engine;
      return this;
    }

    /** Names by class index. Default: none, and no column of them. */
    public Builder classNames(List<String> classNames) {
      if (!classNames.isEmpty() && classNames.size() != signature.classes()) {
        throw new IllegalArgumentException(
            Text.format(
                "%d class names for a model of %d classes",
                classNames.size(), signature.classes()));
      }
      this.classNames = List.copyOf(classNames);
      return this;
    }

    /** Images of one inference call. Default: 128. */
    public Builder batchSize(int batchSize) {
      this.batchSize = batchSize;
      return this;
    }

    /** Native threads of each plan. Default: 1, one plan for each task. */
    public Builder threads(int threads) {
      this.threads = threads;
      return this;
    }

    /** Whether to predict by the mean over each image and its mirror image. Default: no. */
    public Builder mirrored(boolean mirrored) {
      this.mirrored = mirrored;
      return this;
    }

    /** The predictor. */
    public ImagePredictor build() {
      return new ImagePredictor(this);
    }
  }

  /**
   * Predictions for images, computed when the result is.
   *
   * @throws IllegalArgumentException when the columns hold no images, or one has the name of a
   *     column of the result
   */
  public Dataset<Row> predict(Dataset<Row> images) {
    StructType schema = images.schema();
    ImageColumns source = ImageColumns.of(schema);
    int[] kept =
        Arrays.stream(schema.fieldNames())
            .filter(name -> !source.names().contains(name))
            .mapToInt(schema::fieldIndex)
            .toArray();
    StructType result = resultSchema(schema, kept);
    PredictPartition task =
        new PredictPartition(plan, parameters, source, result, kept, classes, classNames, mirrored);
    return images.mapPartitions(task, Encoders.row(result));
  }

  private StructType resultSchema(StructType schema, int[] kept) {
    StructType result = new StructType();
    for (int index : kept) {
      String name = schema.fieldNames()[index];
      if (List.of(LABEL, CLASS_NAME, PROBABILITIES, ERROR).contains(name)) {
        throw new IllegalArgumentException(
            Text.format(
                "the column %s has the name of one of the predictions: rename or drop it", name));
      }
      result = result.add(schema.apply(index));
    }
    result = result.add(LABEL, DataTypes.IntegerType);
    if (!classNames.isEmpty()) {
      result = result.add(CLASS_NAME, DataTypes.StringType);
    }
    return result
        .add(PROBABILITIES, DataTypes.createArrayType(DataTypes.FloatType, false))
        .add(ERROR, DataTypes.StringType);
  }
}
