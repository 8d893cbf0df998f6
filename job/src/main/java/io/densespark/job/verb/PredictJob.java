package io.densespark.job.verb;

import io.densespark.config.RunConfig;
import io.densespark.data.FashionMnist;
import io.densespark.data.OnError;
import io.densespark.images.BrokenImage;
import io.densespark.images.ImageInputs;
import io.densespark.images.ImageInputs.Format;
import io.densespark.images.ImageInputs.Found;
import io.densespark.images.LeftOut;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.job.SparkConnection;
import io.densespark.metrics.RunDirectory;
import io.densespark.model.ModelException;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import io.densespark.prediction.ImagePredictor;
import io.densespark.prediction.PredictionOutput;
import io.densespark.storage.InputFile;
import io.densespark.storage.InputFiles;
import io.densespark.storage.Store;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Predicts images on the cluster:
 *
 * <pre>
 *   read the model; find out the inputs' format
 *   images as a DataFrame ──predictor──► predictions ──► Parquet, summary, _SUCCESS
 * </pre>
 *
 * @param model a DL4J zip at a path or Hadoop URI; empty: {@code model.zip} of the run that the
 *     settings name
 * @param images paths or Hadoop URIs, at least one
 * @param format what is there; {@code AUTO}: found out
 * @param to directory that receives Parquet: a path or Hadoop URI
 * @param overwrite whether to replace what is at {@code to}
 * @param onError what to do about an image that cannot be used
 * @param classNames names by class index; empty: those of the model; where it has none, those of
 *     Fashion-MNIST if it tells ten classes of grey images apart
 */
public record PredictJob(
    RunConfig config,
    RunDisplay display,
    Optional<String> model,
    List<String> images,
    Format format,
    String to,
    boolean overwrite,
    OnError onError,
    Optional<List<String>> classNames)
    implements Job {

  private static final int NAMED = 5;

  @Override
  public ExitCode run() throws IOException {
    requireDistinctNames();
    requireApart();
    display.phase("starting Spark");
    try (SparkConnection connection = SparkConnection.open(config)) {
      SparkSession spark =
          SparkSession.builder().sparkContext(connection.context().sc()).getOrCreate();
      Configuration hadoop = connection.context().hadoopConfiguration();
      String source = modelUri(hadoop);
      display.phase("reading " + source);
      SavedModel saved;
      try (InputStream in = Inputs.openRemote(source, hadoop)) {
        saved = ModelZip.read(in, source).requireFinite(source);
      }
      ModelSignature signature = signature(saved, source);
      ImagePredictor predictor =
          ImagePredictor.builder(spark, saved.network(), signature)
              .engine(config.engine())
              .batchSize(config.evaluation().batchSize())
              .mirrored(config.evaluation().mirrored())
              .classNames(names(signature))
              .build();
      display.phase("looking at the images");
      try (InputFiles files = new InputFiles(hadoop)) {
        Found found = new ImageInputs(spark, files).read(images, format, onError);
        PredictionOutput output = new PredictionOutput(spark, to, overwrite);
        display.phase("predicting");
        Dataset<Row> predictions = predictor.predict(found.images());
        show(output.write(predictions, source, onError, found.broken(), found.leftOut()));
      }
      return ExitCode.SUCCESS;
    }
  }

  private void requireDistinctNames() {
    List<String> names = classNames.orElse(List.of());
    if (names.stream().distinct().count() < names.size()) {
      throw JobException.usage(
          Text.format("--class-names gives a name twice, %s: each class needs its own", names));
    }
  }

  /** What is read must not be what is replaced. */
  private void requireApart() {
    Configuration hadoop = Inputs.hadoop(config);
    try (InputFiles files = new InputFiles(hadoop)) {
      List<InputFile> inputs = new ArrayList<>();
      images.forEach(given -> inputs.addAll(files.matching(given)));
      inputs.add(files.at(modelUri(hadoop)));
      files.requireApart(to, inputs);
    }
  }

  private String modelUri(Configuration hadoop) {
    if (model.isPresent()) {
      return model.get();
    }
    String id =
        config
            .run()
            .runId()
            .orElseThrow(
                () ->
                    new ModelException(
                        "no model is named: give --model URI, or --run-id of a finished run"));
    try (Store store = Store.open(config.run().output(), hadoop)) {
      return store.uri(new RunDirectory(store, id).model());
    }
  }

  /**
   * What the zip says of itself; for one that plain DL4J wrote, its own layers and {@code
   * data.image-size}: DL4J's configuration does not keep the size of images.
   */
  private ModelSignature signature(SavedModel saved, String source) {
    if (saved.signature().isPresent()) {
      return saved.signature().get();
    }
    int side = config.data().imageSize();
    display.message(
        "the model does not tell the size of its images: taking data.image-size = " + side);
    return saved.signatureFor(side, side, source);
  }

  private List<String> names(ModelSignature signature) {
    if (classNames.isPresent()) {
      List<String> names = classNames.get();
      if (!names.isEmpty() && names.size() != signature.classes()) {
        throw new ModelException(
            Text.format(
                "--class-names gives %d names, the model tells %d classes apart",
                names.size(), signature.classes()));
      }
      return names;
    }
    if (!signature.classNames().isEmpty()) {
      return signature.classNames();
    }
    boolean likeFashionMnist =
        signature.channels() == 1 && signature.classes() == FashionMnist.CLASS_NAMES.size();
    return likeFashionMnist ? FashionMnist.CLASS_NAMES : List.of();
  }

  private void show(PredictionOutput.Summary summary) {
    for (LeftOut left : summary.leftOut()) {
      display.warning(
          Text.format(
              "%,d left out, %s: %s%s",
              left.files(),
              left.reason(),
              String.join(", ", left.names().subList(0, (int) Math.min(NAMED, left.files()))),
              left.files() > NAMED ? ", … in _summary.json" : ""));
    }
    if (summary.broken() > 0) {
      display.warning(images(summary.broken()) + " could not be used");
      for (BrokenImage broken : summary.brokenImages().stream().limit(NAMED).toList()) {
        display.warning(Text.format("  %s %s", broken.id(), broken.reason()));
      }
      if (summary.broken() > NAMED) {
        display.warning("  … all in _summary.json");
      }
    }
    List<List<String>> rows = new ArrayList<>();
    summary.classes().forEach((name, count) -> rows.add(List.of(name, Text.format("%,d", count))));
    display.table("Predictions", List.of("class", "images"), rows);
    display.message(
        Text.format(
            "%s in %.1f s, %,.0f images/s, in %s",
            images(summary.images()),
            summary.seconds(),
            summary.imagesPerSecond(),
            summary.predictions()));
  }

  private static String images(long count) {
    return Text.format(count == 1 ? "%,d image" : "%,d images", count);
  }
}
