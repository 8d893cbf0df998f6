package io.densespark.prediction;

import static org.apache.spark.sql.functions.col;

import io.densespark.data.DataException;
import io.densespark.data.OnError;
import io.densespark.images.BrokenImage;
import io.densespark.images.DamagedFile;
import io.densespark.images.ImageInputs;
import io.densespark.images.LeftOut;
import io.densespark.storage.Content;
import io.densespark.storage.HeldBackCommit;
import io.densespark.storage.Json;
import io.densespark.storage.StagedDirectory;
import io.densespark.storage.StagedDirectory.Owner;
import io.densespark.text.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.function.ForeachFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * Predictions as a directory of Parquet files, which appears whole or not at all. Beside them,
 * hidden from Spark's readers by their names:
 *
 * <ul>
 *   <li>{@code _summary.json}: counts by class, speed, and the images left out, each with its
 *       reason
 *   <li>{@code _SUCCESS}: written last
 * </ul>
 */
public final class PredictionOutput {

  private static final String SUMMARY = "_summary.json";

  /** All that is ever written here; Spark's local file system adds checksums. */
  private static final Owner OWNER =
      new Owner(
          SUMMARY,
          PredictionOutput::isSummary,
          Pattern.compile("part-.*\\.parquet|_SUCCESS|_summary\\.json|\\..*\\.crc")
              .asMatchPredicate());

  private static final String PROTOCOL = "spark.sql.sources.commitProtocolClass";

  private final SparkSession spark;
  private final String uri;
  private final boolean overwrite;

  /**
   * What was written.
   *
   * @param predictions where
   * @param model what predicted
   * @param images images predicted
   * @param broken images left out
   * @param seconds wall time of predicting and writing
   * @param imagesPerSecond images by that time
   * @param classes images by predicted class: its name, or its index where it has none
   * @param brokenImages the first thousand of each partition that were left out
   * @param leftOut files below the inputs that were not taken for images
   */
  public record Summary(
      String predictions,
      String model,
      long images,
      long broken,
      double seconds,
      double imagesPerSecond,
      Map<String, Long> classes,
      List<BrokenImage> brokenImages,
      List<LeftOut> leftOut) {}

  /**
   * @param uri the directory: a path or Hadoop URI
   * @param overwrite whether predictions that are there are replaced; anything else never is
   */
  public PredictionOutput(SparkSession spark, String uri, boolean overwrite) {
    this.spark = spark;
    this.uri = uri;
    this.overwrite = overwrite;
  }

  /**
   * Computes and writes predictions.
   *
   * @param predictions of {@link ImagePredictor}, with a column {@code id}
   * @param model what predicted, for the summary
   * @throws io.densespark.storage.StorageException where the directory exists and is not to be
   *     overwritten, or cannot be written
   * @throws DataException where not one image was predicted; nothing is written then
   */
  public Summary write(Dataset<Row> predictions, String model, OnError onError) {
    return write(predictions, model, onError, List.of(), List.of());
  }

  /**
   * The same for images of {@link ImageInputs}.
   *
   * @param unusable files that could not be used, which count as broken images
   * @param leftOut files that were not taken for images, for the summary
   */
  public Summary write(
      Dataset<Row> predictions,
      String model,
      OnError onError,
      List<BrokenImage> unusable,
      List<LeftOut> leftOut) {
    if (onError == OnError.FAIL && !unusable.isEmpty()) {
      throw unusable.get(0).refusal();
    }
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    BrokenImages broken = new BrokenImages(spark.sparkContext(), onError == OnError.FAIL);
    Optional<Owner> replaced = overwrite ? Optional.of(OWNER) : Optional.empty();
    try (StagedDirectory directory = StagedDirectory.begin(uri, hadoop, replaced)) {
      long began = System.nanoTime();
      if (directory.holdsBack()
          && predictions.filter(col(ImagePredictor.ERROR).isNull()).isEmpty()) {
        // Once saved, these would have taken the place of what is there.
        predictions.filter(broken).foreach((ForeachFunction<Row>) row -> {});
        throw none(broken, unusable);
      }
      save(predictions.filter(broken).drop(ImagePredictor.ERROR), directory);
      double seconds = (System.nanoTime() - began) / 1e9;
      Map<String, Long> classes = countByClass(directory.uri());
      long images = classes.values().stream().mapToLong(Long::longValue).sum();
      if (images == 0) {
        throw none(broken, unusable);
      }
      List<BrokenImage> named = new ArrayList<>(unusable);
      named.addAll(broken.named());
      Summary summary =
          new Summary(
              directory.target(),
              model,
              images,
              unusable.size() + broken.count(),
              seconds,
              images / seconds,
              classes,
              named,
              leftOut);
      directory.write(SUMMARY, Content.of(Json.document(summary)));
      directory.publish();
      return summary;
    }
  }

  private static DataException none(BrokenImages broken, List<BrokenImage> unusable) {
    String first =
        Stream.concat(unusable.stream(), broken.named().stream())
            .findFirst()
            .map(image -> Text.format(", the first: %s %s", image.id(), image.reason()))
            .orElse("");
    return new DataException(
        Text.format(
            "there is nothing to predict: %d images could not be used%s",
            unusable.size() + broken.count(), first));
  }

  private static boolean isSummary(byte[] text) {
    try {
      Summary summary = Json.read(text, Summary.class);
      return summary.predictions() != null && summary.model() != null && summary.classes() != null;
    } catch (IOException e) {
      return false;
    }
  }

  private void save(Dataset<Row> rows, StagedDirectory directory) {
    String before = spark.conf().get(PROTOCOL);
    if (directory.holdsBack()) {
      spark.conf().set(PROTOCOL, HeldBackCommitProtocol.class.getName());
    }
    try {
      rows.write()
          .mode(SaveMode.Append)
          .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
          .option(HeldBackCommit.REPLACE, overwrite)
          .option(HeldBackCommit.MARK, SUMMARY)
          .parquet(directory.uri());
    } catch (Exception e) {
      // SparkException among them, which is checked, unseen by the compiler.
      Optional<BrokenImage> damaged = DamagedFile.in(e);
      if (damaged.isPresent()) {
        throw damaged.get().refusal();
      }
      throw e;
    } finally {
      spark.conf().set(PROTOCOL, before);
    }
  }

  /** Counted from what was written, so that the summary speaks of the files. */
  private Map<String, Long> countByClass(String written) {
    // By file: Spark warns of a directory that is hidden as yet.
    Dataset<Row> rows = spark.read().parquet(written + "/*.parquet");
    boolean named = List.of(rows.columns()).contains(ImagePredictor.CLASS_NAME);
    Map<Integer, Row> byLabel = new TreeMap<>();
    String[] keys = named ? new String[] {ImagePredictor.CLASS_NAME} : new String[0];
    for (Row row : rows.groupBy(ImagePredictor.LABEL, keys).count().collectAsList()) {
      byLabel.put(row.getInt(0), row);
    }
    Map<String, Long> counts = new LinkedHashMap<>();
    byLabel.forEach(
        (label, row) ->
            counts.put(
                named ? row.getString(1) : Integer.toString(label), row.getLong(row.size() - 1)));
    return counts;
  }
}
