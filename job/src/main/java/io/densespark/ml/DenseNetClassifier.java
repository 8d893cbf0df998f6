package io.densespark.ml;

import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.config.RunConfigLoader;
import io.densespark.dataset.ImageDataset;
import io.densespark.job.run.ContextTraining;
import io.densespark.model.SavedModel;
import io.densespark.settings.CanonicalText;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.classification.ProbabilisticClassifier;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a DenseNet on a DataFrame of images and labels:
 *
 * <pre>{@code
 * DenseNetModel model =
 *     new DenseNetClassifier().setFeaturesCol("image").setLabelCol("kind").setMaxIter(5).fit(train);
 * }</pre>
 *
 * <p>{@code featuresCol} holds image files, Spark's images, or vectors or arrays of pixels; {@code
 * labelCol} strings, or whole numbers from 0. What is not set is as in a run of the command line,
 * and the same settings and images, in the same order, give the same parameters, to the bit. The
 * order of rows follows from their content, whatever their partitions.
 *
 * <p>{@code fit} ends as a run does: with {@link io.densespark.data.DataException} where an image
 * or label cannot be used, {@link io.densespark.config.ConfigException} for settings, {@link
 * io.densespark.train.DivergedException}, {@link io.densespark.sync.SyncException}.
 */
public final class DenseNetClassifier
    extends ProbabilisticClassifier<Object, DenseNetClassifier, DenseNetModel>
    implements DefaultParamsWritable {

  private static final Logger LOG = LoggerFactory.getLogger(DenseNetClassifier.class);

  /** What {@code settings} may hold; the rest is about files, Spark, or the pipeline's own. */
  private static final List<String> SECTIONS =
      List.of(
          "model.",
          "train.",
          "engine.",
          "sync.",
          "evaluation.",
          "data.augment.",
          "data.channels",
          "data.image-size",
          "data.on-error",
          "data.progressive-sizes");

  private static final String PART = "part";

  /** Assigned while Spark's constructors run, so without an initial value. */
  private String uid;

  private final IntParam maxIter = new IntParam(this, "maxIter", "train.epochs");
  private final LongParam seed = new LongParam(this, "seed", "train.seed");
  private final DoubleParam stepSize =
      new DoubleParam(this, "stepSize", "train.optimizer.learning-rate: the peak");
  private final DoubleParam regParam = new DoubleParam(this, "regParam", "train.l2");
  private final Param<String> solver = new Param<String>(this, "solver", "train.optimizer.kind");
  private final IntParam batchSize =
      new IntParam(this, "batchSize", "train.batch-size: rows of one update over all replicas");
  private final Param<String> network = new Param<String>(this, "network", "model.name: a preset");
  private final IntParam imageSize =
      new IntParam(this, "imageSize", "data.image-size: side in pixels that images are resized to");
  private final IntParam numReplicas =
      new IntParam(
          this, "numReplicas", "sync.replicas: one for each slot of Spark where it is not set");
  private final StringArrayParam settings =
      new StringArrayParam(this, "settings", "further settings of a run, each key=value");
  private final Param<String> validationIndicatorCol =
      new Param<String>(
          this,
          "validationIndicatorCol",
          "boolean column: its rows are not trained on but measured after every epoch");
  private final Param<String> predictedLabelCol = DenseNetModel.predictedLabelCol(this);
  private final Param<String> handleInvalid = DenseNetModel.handleInvalid(this);

  /** Each param that is a setting of a run, which is what its description says. */
  private final List<Param<?>> runSettings =
      List.of(
          maxIter, seed, stepSize, regParam, solver, batchSize, network, imageSize, numReplicas);

  /** A classifier with a name of its own. */
  public DenseNetClassifier() {
    this(Uids.random("denseNetClassifier"));
  }

  /** A classifier of a given name, as Spark makes it when it reads one. */
  public DenseNetClassifier(String uid) {
    this(Uids.give(uid), new RunConfigLoader().load(new ConfigSources()));
  }

  private DenseNetClassifier(String uid, RunConfig defaults) {
    this.uid = uid;
    setDefault(maxIter, defaults.train().epochs());
    setDefault(seed, defaults.train().seed());
    setDefault(stepSize, defaults.train().optimizer().learningRate());
    setDefault(regParam, defaults.train().l2());
    setDefault(solver, CanonicalText.of(defaults.train().optimizer().kind()));
    setDefault(batchSize, defaults.train().batchSize());
    setDefault(network, defaults.model().name());
    setDefault(imageSize, defaults.data().imageSize());
    setDefault(settings, new String[0]);
    setDefault(predictedLabelCol, DenseNetModel.PREDICTED_LABEL);
    setDefault(handleInvalid, DenseNetModel.ERROR);
  }

  /** Passes over the rows. */
  public DenseNetClassifier setMaxIter(int value) {
    set(maxIter, value);
    return this;
  }

  public IntParam maxIter() {
    return maxIter;
  }

  /** Seed of all that is random. */
  public DenseNetClassifier setSeed(long value) {
    set(seed, value);
    return this;
  }

  public LongParam seed() {
    return seed;
  }

  /** Peak of the learning rate. */
  public DenseNetClassifier setStepSize(double value) {
    set(stepSize, value);
    return this;
  }

  public DoubleParam stepSize() {
    return stepSize;
  }

  /** Coefficient of L2 regularisation. */
  public DenseNetClassifier setRegParam(double value) {
    set(regParam, value);
    return this;
  }

  public DoubleParam regParam() {
    return regParam;
  }

  /** Update rule, as {@code nesterov}. */
  public DenseNetClassifier setSolver(String value) {
    set(solver, value);
    return this;
  }

  public Param<String> solver() {
    return solver;
  }

  /** Rows of one update, over all replicas. */
  public DenseNetClassifier setBatchSize(int value) {
    set(batchSize, value);
    return this;
  }

  public IntParam batchSize() {
    return batchSize;
  }

  /** Preset of the net, as {@code densenet-bc}. */
  public DenseNetClassifier setNetwork(String value) {
    set(network, value);
    return this;
  }

  public Param<String> network() {
    return network;
  }

  /** Side that images are resized to, in pixels. */
  public DenseNetClassifier setImageSize(int value) {
    set(imageSize, value);
    return this;
  }

  public IntParam imageSize() {
    return imageSize;
  }

  /** Logical replicas; results depend on them, not on the slots that compute them. */
  public DenseNetClassifier setNumReplicas(int value) {
    set(numReplicas, value);
    return this;
  }

  public IntParam numReplicas() {
    return numReplicas;
  }

  /** Further settings of a run, each {@code key=value}; what a param of its own is set to wins. */
  public DenseNetClassifier setSettings(String... value) {
    set(settings, value);
    return this;
  }

  public StringArrayParam settings() {
    return settings;
  }

  /** Boolean column of the rows that epochs are measured on. */
  public DenseNetClassifier setValidationIndicatorCol(String value) {
    set(validationIndicatorCol, value);
    return this;
  }

  public Param<String> validationIndicatorCol() {
    return validationIndicatorCol;
  }

  /** Column for the name of the predicted class; empty: none. */
  public DenseNetClassifier setPredictedLabelCol(String value) {
    set(predictedLabelCol, value);
    return this;
  }

  public Param<String> predictedLabelCol() {
    return predictedLabelCol;
  }

  /**
   * What the model does with images that cannot be used: {@code error}, {@code skip}, {@code keep}.
   */
  public DenseNetClassifier setHandleInvalid(String value) {
    set(handleInvalid, value);
    return this;
  }

  public Param<String> handleInvalid() {
    return handleInvalid;
  }

  @Override
  public String uid() {
    if (uid == null) {
      uid = Uids.take();
    }
    return uid;
  }

  /**
   * Trains, and waits for other trainings of this application.
   *
   * @param dataset rows with an image and a label each
   */
  @Override
  public DenseNetModel fit(Dataset<?> dataset) {
    transformSchema(dataset.schema());
    return copyValues(train(dataset), ParamMap.empty());
  }

  @Override
  public DenseNetModel train(Dataset<?> dataset) {
    LabelColumn labels = LabelColumn.of(dataset, getLabelCol());
    boolean validates = isDefined(validationIndicatorCol);
    RunConfig data = config(labels.settings());
    if (!validates
        && (data.train().earlyStopping().patience() > 0
            || data.train().earlyStopping().target().isPresent())) {
      throw new IllegalArgumentException(
          "train.early-stopping needs rows that are not trained on: name their column by validationIndicatorCol");
    }
    List<Column> columns = new ArrayList<>(ImageColumn.of(dataset.schema(), getFeaturesCol()));
    columns.add(ImageColumn.quoted(getLabelCol()).as("label"));
    Column held = validates ? ImageColumn.quoted(getOrDefault(validationIndicatorCol)) : lit(false);
    columns.add(when(held, "validation").otherwise("train").as(PART));
    ImageDataset images =
        ImageDataset.of(dataset.select(columns.toArray(Column[]::new)), data.data());
    if (images.skippedImages() > 0) {
      LOG.warn("{} images cannot be used and are left out", images.skippedImages());
    }
    List<String> names = labels.names().orElse(images.classNames());
    ContextTraining.Trained trained =
        new ContextTraining(
                config(Map.of("model.classes", Integer.toString(names.size()))),
                JavaSparkContext.fromSparkContext(dataset.sparkSession().sparkContext()),
                LOG::warn)
            .train(images, names);
    return DenseNetModel.of(
            Uids.random("denseNetModel"),
            new SavedModel(trained.network(), Optional.of(trained.signature())),
            names,
            trained.losses(),
            trained.accuracies())
        .setParent(this);
  }

  /** The settings of a run, with those that the columns decide. */
  private RunConfig config(Map<String, String> decided) {
    ConfigSources sources =
        new ConfigSources()
            .flag("a fit", "checkpoint.every", "none")
            .flag("a fit", "data.columns.split", PART);
    decided.forEach((key, value) -> sources.flag("labelCol", key, value));
    for (String setting : getOrDefault(settings)) {
      if (SECTIONS.stream().noneMatch(setting.strip()::startsWith)) {
        throw new IllegalArgumentException(
            Text.format(
                "settings has %s, which is nothing for a fit: it takes %s",
                setting, String.join(", ", SECTIONS)));
      }
      sources.set(setting);
    }
    for (Param<?> param : runSettings) {
      if (isSet(param)) {
        sources.flag(
            param.name(), param.doc().split("[: ]", 2)[0], String.valueOf(getOrDefault(param)));
      }
    }
    return new RunConfigLoader().load(sources);
  }

  @Override
  public StructType transformSchema(StructType schema) {
    LabelColumn.require(schema, getLabelCol());
    if (isDefined(validationIndicatorCol)) {
      String name = getOrDefault(validationIndicatorCol);
      ImageColumn.require(schema, name, "validationIndicatorCol");
      if (!schema.apply(name).dataType().equals(DataTypes.BooleanType)) {
        throw new IllegalArgumentException(
            Text.format("the column %s, named by validationIndicatorCol, must be boolean", name));
      }
    }
    return DenseNetModel.predicted(schema, this, getOrDefault(predictedLabelCol), Metadata.empty());
  }

  @Override
  public DenseNetClassifier copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  /** Reads what {@code write} wrote. */
  public static MLReader<DenseNetClassifier> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads what {@code save} wrote. */
  public static DenseNetClassifier load(String path) {
    return read().load(path);
  }
}
