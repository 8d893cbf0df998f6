package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.data.DataException;
import io.densespark.data.FashionMnist;
import io.densespark.metrics.RunDirectory;
import io.densespark.model.ModelException;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import io.densespark.prediction.ImageInputs;
import io.densespark.prediction.ImageInputs.Format;
import io.densespark.prediction.ImagePredictor;
import io.densespark.prediction.InputFormats;
import io.densespark.prediction.PredictionOutput;
import io.densespark.prediction.PredictionOutput.BrokenImage;
import io.densespark.storage.Store;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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
 */
final class PredictJob {

  /**
   * What opening a file counts as when Spark shares files among tasks. Its default of 4 MB is meant
   * for large files: small images would make tasks of 32.
   */
  private static final String OPEN_COST = "spark.sql.files.openCostInBytes";

  private static final int OPEN_COST_BYTES = 64 << 10;
  private static final int NAMED = 5;

  private final RunConfig config;
  private final PredictRequest request;
  private final RunDisplay display;

  PredictJob(RunConfig config, PredictRequest request, RunDisplay display) {
    this.config = config;
    this.request = request;
    this.display = display;
  }

  ExitCode run() throws IOException {
    display.phase("starting Spark");
    try (SparkConnection connection = SparkConnection.open(config)) {
      SparkSession spark =
          SparkSession.builder().config(connection.context().getConf()).getOrCreate();
      if (!connection.context().getConf().contains(OPEN_COST)) {
        spark.conf().set(OPEN_COST, OPEN_COST_BYTES);
      }
      Configuration hadoop = connection.context().hadoopConfiguration();
      String source = modelUri(hadoop);
      display.phase("reading " + source);
      SavedModel saved;
      try (InputStream in = Experiment.openRemote(source, hadoop)) {
        saved = ModelZip.read(in, source);
      }
      ModelSignature signature = signature(saved, source);
      ImagePredictor predictor =
          ImagePredictor.builder(spark, saved.network(), signature)
              .engine(config.engine())
              .batchSize(config.evaluation().batchSize())
              .classNames(classNames(signature))
              .build();
      Dataset<Row> images = images(spark, hadoop);
      PredictionOutput output = new PredictionOutput(spark, request.to(), request.overwrite());
      display.phase("predicting");
      show(output.write(predictor.predict(images), source, request.onError()));
      return ExitCode.SUCCESS;
    }
  }

  private String modelUri(Configuration hadoop) {
    if (request.model().isPresent()) {
      return request.model().get();
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

  private List<String> classNames(ModelSignature signature) {
    if (request.classNames().isPresent()) {
      List<String> names = request.classNames().get();
      if (!names.isEmpty() && names.size() != signature.classes()) {
        throw new ModelException(
            "--class-names gives %d names, the model tells %d classes apart"
                .formatted(names.size(), signature.classes()));
      }
      return names;
    }
    boolean likeFashionMnist =
        signature.channels() == 1 && signature.classes() == FashionMnist.CLASS_NAMES.size();
    return likeFashionMnist ? FashionMnist.CLASS_NAMES : List.of();
  }

  private Dataset<Row> images(SparkSession spark, Configuration hadoop) {
    display.phase("looking at the images");
    InputFormats formats = new InputFormats(hadoop);
    List<String> uris = request.images().stream().map(formats::qualified).toList();
    Format format = request.format();
    if (format == Format.AUTO) {
      Set<Format> found = new LinkedHashSet<>();
      uris.forEach(uri -> found.add(formats.of(uri)));
      if (found.size() > 1) {
        throw new DataException(
            "the inputs are of several formats, %s: predict them one after the other"
                .formatted(found));
      }
      format = found.iterator().next();
    }
    return new ImageInputs(spark, uri -> Experiment.openRemote(uri, hadoop)).read(uris, format);
  }

  private void show(PredictionOutput.Summary summary) {
    if (summary.images() == 0 && summary.broken() == 0) {
      display.warning("no images were found at " + String.join(", ", request.images()));
    }
    if (summary.broken() > 0) {
      display.warning("%,d images could not be used".formatted(summary.broken()));
      for (BrokenImage broken : summary.brokenImages().stream().limit(NAMED).toList()) {
        display.warning("  %s %s".formatted(broken.id(), broken.reason()));
      }
      if (summary.broken() > NAMED) {
        display.warning("  … all in _summary.json");
      }
    }
    List<List<String>> rows = new ArrayList<>();
    summary.classes().forEach((name, count) -> rows.add(List.of(name, "%,d".formatted(count))));
    display.table("Predictions", List.of("class", "images"), rows);
    display.message(
        String.format(
            Locale.ROOT,
            "%,d images in %.1f s, %,.0f images/s, in %s",
            summary.images(),
            summary.seconds(),
            summary.imagesPerSecond(),
            summary.predictions()));
  }
}
