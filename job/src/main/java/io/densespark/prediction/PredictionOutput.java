package io.densespark.prediction;

import io.densespark.storage.Content;
import io.densespark.storage.HeldBackCommit;
import io.densespark.storage.Json;
import io.densespark.storage.StagedDirectory;
import io.densespark.storage.StagedDirectory.Owner;
import java.io.IOException;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
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

  /** What to do about an image that cannot be used. */
  public enum OnError {
    /** End the job; nothing is written. */
    FAIL,
    /** Leave it out and name it. */
    SKIP
  }

  /** An image left out. */
  public record BrokenImage(String id, String reason) implements Serializable {}

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
   */
  public record Summary(
      String predictions,
      String model,
      long images,
      long broken,
      double seconds,
      double imagesPerSecond,
      Map<String, Long> classes,
      List<BrokenImage> brokenImages) {}

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
   */
  public Summary write(Dataset<Row> predictions, String model, OnError onError) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    BrokenImages broken = new BrokenImages(spark.sparkContext(), onError == OnError.FAIL);
    Optional<Owner> replaced = overwrite ? Optional.of(OWNER) : Optional.empty();
    try (StagedDirectory directory = StagedDirectory.begin(uri, hadoop, replaced)) {
      long began = System.nanoTime();
      save(predictions.filter(broken).drop(ImagePredictor.ERROR), directory);
      double seconds = (System.nanoTime() - began) / 1e9;
      Map<String, Long> classes = countByClass(directory.uri());
      long images = classes.values().stream().mapToLong(Long::longValue).sum();
      Summary summary =
          new Summary(
              directory.target(),
              model,
              images,
              broken.count(),
              seconds,
              images / seconds,
              classes,
              broken.named());
      directory.write(SUMMARY, Content.of(Json.document(summary)));
      directory.publish();
      return summary;
    }
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
