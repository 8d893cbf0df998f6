package io.densespark.ml;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.udf;

import io.densespark.data.DataException;
import io.densespark.model.ModelSignature;
import io.densespark.model.SavedModel;
import io.densespark.prediction.ImagePredictor;
import io.densespark.text.Text;
import io.densespark.train.FlatVectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.ml.classification.ProbabilisticClassificationModel;
import org.apache.spark.ml.classification.ProbabilisticClassifierParams;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.ml.util.SchemaUtils$;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.AtomicType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import scala.Tuple3;
import scala.collection.Seq;

/**
 * A trained DenseNet as a transformer. To the columns of its input it adds
 *
 * <ul>
 *   <li>{@code probabilityCol}, vector: of every class
 *   <li>{@code rawPredictionCol}, vector: their logarithms
 *   <li>{@code predictionCol}, double: the class, by {@code thresholds} where they are set; its
 *       metadata name the classes, for {@code IndexToString}
 *   <li>{@code predictedLabelCol}, string: the name of the class
 * </ul>
 *
 * <p>A column whose name is empty is left out. Images may have any size. What comes out for one
 * depends on the image and the model alone, as {@link ImagePredictor} has it.
 */
public final class DenseNetModel extends ProbabilisticClassificationModel<Object, DenseNetModel>
    implements MLWritable {

  static final String ERROR = "error";
  static final String SKIP = "skip";
  static final String KEEP = "keep";
  static final String PREDICTED_LABEL = "predictedLabel";

  /** The input's columns on their way through {@link ImagePredictor}. */
  private static final String ROW = "row";

  /** Assigned while Spark's constructors run, so without an initial value. */
  private String uid;

  private final Param<String> predictedLabelCol = predictedLabelCol(this);
  private final Param<String> handleInvalid = handleInvalid(this);
  private final StringArrayParam classNames =
      new StringArrayParam(this, "classNames", "names of the classes, by index");

  private final transient SavedModel saved;
  private final transient List<Double> losses;
  private final transient List<Double> accuracies;
  private transient ImagePredictor predictor;
  private transient SparkContext predictorContext;

  private DenseNetModel(
      String uid, SavedModel saved, List<Double> losses, List<Double> accuracies) {
    this.uid = uid;
    this.saved = saved;
    this.losses = losses;
    this.accuracies = accuracies;
    setDefault(predictedLabelCol, PREDICTED_LABEL);
    setDefault(handleInvalid, ERROR);
  }

  /**
   * @param saved with its signature
   * @param classNames by class
   * @param losses by epoch; empty where the model was read
   * @param accuracies by epoch; empty where none was measured
   */
  static DenseNetModel of(
      String uid,
      SavedModel saved,
      List<String> classNames,
      List<Double> losses,
      List<Double> accuracies) {
    DenseNetModel model = new DenseNetModel(Uids.give(uid), saved, losses, accuracies);
    model.set(model.classNames, classNames.toArray(String[]::new));
    return model;
  }

  static Param<String> predictedLabelCol(Params stage) {
    return new Param<>(
        stage, "predictedLabelCol", "output column: name of the predicted class; empty: none");
  }

  static Param<String> handleInvalid(Params stage) {
    return new Param<>(
        stage,
        "handleInvalid",
        "images that the model cannot use: error; skip: their rows are left out; keep: their rows have no prediction",
        ParamValidators.inArray(List.of(ERROR, SKIP, KEEP)));
  }

  @Override
  public String uid() {
    if (uid == null) {
      uid = Uids.take();
    }
    return uid;
  }

  public Param<String> predictedLabelCol() {
    return predictedLabelCol;
  }

  public Param<String> handleInvalid() {
    return handleInvalid;
  }

  public StringArrayParam classNames() {
    return classNames;
  }

  /** Column for the name of the predicted class; empty: none. */
  public DenseNetModel setPredictedLabelCol(String value) {
    set(predictedLabelCol, value);
    return this;
  }

  /** What to do with images that cannot be used: {@code error}, {@code skip}, {@code keep}. */
  public DenseNetModel setHandleInvalid(String value) {
    set(handleInvalid, value);
    return this;
  }

  /** Names of the classes, by index. */
  public String[] getClassNames() {
    return getOrDefault(classNames);
  }

  /** The net, for DL4J and the rest of this project. */
  public ComputationGraph network() {
    return saved.network();
  }

  /** As {@code status.json} of a run has it. */
  public String parametersSha256() {
    return FlatVectors.sha256(FlatVectors.toArray(network().params()));
  }

  /** Mean training loss of each epoch; empty where the model was read from files. */
  public double[] objectiveHistory() {
    return losses.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Accuracy of each epoch on the rows of {@code validationIndicatorCol}; empty without. */
  public double[] validationAccuracy() {
    return accuracies.stream().mapToDouble(Double::doubleValue).toArray();
  }

  @Override
  public int numClasses() {
    return signature().classes();
  }

  SavedModel saved() {
    return saved;
  }

  private ModelSignature signature() {
    return saved.signature().orElseThrow();
  }

  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = dataset.schema();
    StructType result = transformSchema(schema);
    List<Column> columns = new ArrayList<>(ImageColumn.of(schema, getFeaturesCol()));
    columns.add(
        struct(Arrays.stream(schema.fieldNames()).map(ImageColumn::quoted).toArray(Column[]::new))
            .as(ROW));
    Dataset<Row> predicted =
        predictor(dataset.sparkSession()).predict(dataset.select(columns.toArray(Column[]::new)));
    String invalid = getOrDefault(handleInvalid);
    if (!invalid.equals(KEEP)) {
      boolean fails = invalid.equals(ERROR);
      predicted = predicted.filter((FilterFunction<Row>) row -> isUsable(row, fails));
    }
    List<Column> shown = new ArrayList<>();
    for (StructField field : schema.fields()) {
      shown.add(col(ROW).getField(field.name()).as(field.name(), field.metadata()));
    }
    for (StructField field : Arrays.asList(result.fields()).subList(schema.size(), result.size())) {
      shown.add(output(field.name()).as(field.name(), field.metadata()));
    }
    return predicted.select(shown.toArray(Column[]::new));
  }

  private static boolean isUsable(Row row, boolean fails) {
    String error = row.getAs("error");
    if (error != null && fails) {
      throw new DataException(
          Text.format(
              "the image of the row with %s %s: repair it, or set handleInvalid to skip or keep",
              named(row.getAs(ROW)), error));
    }
    return error == null;
  }

  /** What tells a row from others: its texts and numbers. */
  private static String named(Row row) {
    return Arrays.stream(row.schema().fields())
        .filter(field -> field.dataType() instanceof AtomicType)
        .filter(field -> !field.dataType().equals(DataTypes.BinaryType))
        .map(field -> field.name() + " = " + row.getAs(field.name()))
        .collect(Collectors.joining(", "));
  }

  private Column output(String name) {
    Column probability =
        call(DenseNetModel::vector, SQLDataTypes.VectorType(), col("probabilities"));
    if (name.equals(getProbabilityCol())) {
      return probability;
    }
    if (name.equals(getRawPredictionCol())) {
      return call(DenseNetModel::logarithms, SQLDataTypes.VectorType(), probability);
    }
    Column prediction =
        isDefined(thresholds())
            ? call(this::thresholded, DataTypes.DoubleType, probability)
            : col("label").cast(DataTypes.DoubleType);
    if (name.equals(getPredictionCol())) {
      return prediction;
    }
    String[] names = getClassNames();
    return call(
        (Double index) -> index == null ? null : names[index.intValue()],
        DataTypes.StringType,
        prediction);
  }

  private static <A, B> Column call(UDF1<A, B> function, DataType type, Column argument) {
    return udf(function, type).apply(argument);
  }

  private static Vector vector(Seq<Float> values) {
    if (values == null) {
      return null;
    }
    double[] probabilities = new double[values.size()];
    Arrays.setAll(probabilities, i -> values.apply(i));
    return Vectors.dense(probabilities);
  }

  private static Vector logarithms(Vector probabilities) {
    return probabilities == null
        ? null
        : Vectors.dense(Arrays.stream(probabilities.toArray()).map(Math::log).toArray());
  }

  private Double thresholded(Vector probabilities) {
    return probabilities == null ? null : probability2prediction(probabilities);
  }

  private synchronized ImagePredictor predictor(SparkSession spark) {
    // A broadcast is of one context.
    if (predictor == null || predictorContext != spark.sparkContext()) {
      predictor = ImagePredictor.builder(spark, network(), signature()).build();
      predictorContext = spark.sparkContext();
    }
    return predictor;
  }

  @Override
  public StructType transformSchema(StructType schema) {
    NominalAttribute classes =
        NominalAttribute.defaultAttr().withName(getPredictionCol()).withValues(getClassNames());
    return predicted(schema, this, getOrDefault(predictedLabelCol), classes.toMetadata());
  }

  /** The columns of an input, and those of its predictions. */
  static StructType predicted(
      StructType schema,
      ProbabilisticClassifierParams stage,
      String predictedLabel,
      Metadata prediction) {
    ImageColumn.of(schema, stage.getFeaturesCol());
    List<StructField> added =
        List.of(
            field(stage.getRawPredictionCol(), SQLDataTypes.VectorType(), Metadata.empty()),
            field(stage.getProbabilityCol(), SQLDataTypes.VectorType(), Metadata.empty()),
            field(stage.getPredictionCol(), DataTypes.DoubleType, prediction),
            field(predictedLabel, DataTypes.StringType, Metadata.empty()));
    StructType result = schema;
    for (StructField field : added) {
      if (!field.name().isEmpty()) {
        result = SchemaUtils$.MODULE$.appendColumn(result, field);
      }
    }
    return result;
  }

  private static StructField field(String name, DataType type, Metadata metadata) {
    return new StructField(name, type, true, metadata);
  }

  /**
   * The logarithms of one image's probabilities, computed here by DL4J: for a few images.
   *
   * @param features what a row of {@code featuresCol} would hold: bytes of a file, a vector
   */
  @Override
  public Vector predictRaw(Object features) {
    return logarithms(SingleImage.probabilities(saved, features));
  }

  @Override
  public Vector raw2probabilityInPlace(Vector raw) {
    double[] values = ((DenseVector) raw).values();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.exp(values[i]);
    }
    return raw;
  }

  /** Spark's two classes above declare it with types that Java cannot have both. */
  @Override
  @SuppressWarnings({"rawtypes", "unchecked"})
  public Tuple3 findSummaryModel() {
    return super.findSummaryModel();
  }

  @Override
  public DenseNetModel copy(ParamMap extra) {
    DenseNetModel copy = of(uid(), saved, List.of(getClassNames()), losses, accuracies);
    return copyValues(copy, extra).setParent(parent());
  }

  @Override
  public MLWriter write() {
    return new ModelFiles.Writer(this);
  }

  /** Reads what {@code write} wrote. */
  public static MLReader<DenseNetModel> read() {
    return new ModelFiles.Reader();
  }

  /** Reads what {@code save} wrote. */
  public static DenseNetModel load(String path) {
    return read().load(path);
  }
}
