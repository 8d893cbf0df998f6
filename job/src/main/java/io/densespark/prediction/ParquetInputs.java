package io.densespark.prediction;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.udf;

import io.densespark.data.DataException;
import io.densespark.prediction.PredictionOutput.BrokenImage;
import io.densespark.storage.InputFile;
import io.densespark.text.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Parquet files as images. Each is looked at before Spark is: one that is damaged, or whose images
 * are of another type than the others', is named instead of ending the job in Spark's words.
 * Columns that folders stand for, as in {@code label=3/}, are of no use here.
 */
final class ParquetInputs {

  private static final int LOOKING_THREADS = 16;

  /** Spark's own switch, off: names that look like patterns are names. */
  private static final String PATTERNS = "__globPaths__";

  private final SparkSession spark;

  /**
   * A Parquet file.
   *
   * @param id its part of the ids of its rows
   */
  record Table(String id, InputFile file) {
    String uri() {
      return file.uri();
    }
  }

  /** What a look at a file found: the types of its columns, or why it cannot be used. */
  private record Look(Table table, Map<String, String> columns, String problem) {}

  ParquetInputs(SparkSession spark) {
    this.spark = spark;
  }

  /**
   * The images of some files.
   *
   * @param broken receives the files that cannot be used
   * @throws DataException when none of the usable files has images
   */
  Dataset<Row> read(List<Table> tables, List<BrokenImage> broken) {
    List<Look> usable = new ArrayList<>();
    for (Look look : looks(tables)) {
      if (look.problem() == null) {
        usable.add(look);
      } else {
        broken.add(new BrokenImage(look.table().id(), look.problem()));
      }
    }
    if (usable.isEmpty()) {
      return spark.createDataFrame(List.of(), ReadImageFiles.FILES);
    }
    Reference reference = reference(usable);
    List<Table> alike = new ArrayList<>();
    for (Look look : usable) {
      Map<String, String> columns = used(look.columns(), reference.used());
      if (columns.equals(reference.columns())) {
        alike.add(look.table());
      } else {
        broken.add(
            new BrokenImage(
                look.table().id(),
                Text.format(
                    "has the columns %s where %s has %s",
                    columns, reference.file(), reference.columns())));
      }
    }
    return rows(alike, reference);
  }

  /** The file that the others have to be like. */
  private record Reference(
      String file, StructType schema, Set<String> used, Map<String, String> columns) {}

  /** The first file that has images. */
  private Reference reference(List<Look> usable) {
    Map<Map<String, String>, Look> kinds = new LinkedHashMap<>();
    usable.forEach(look -> kinds.putIfAbsent(look.columns(), look));
    Optional<DataException> failure = Optional.empty();
    for (Look look : kinds.values()) {
      StructType schema = load(List.of(look.table()), Optional.empty()).schema();
      try {
        Set<String> used = new HashSet<>(ImageColumns.of(schema).names());
        used.add(ImageInputs.ID);
        return new Reference(look.table().id(), schema, used, used(look.columns(), used));
      } catch (IllegalArgumentException e) {
        failure =
            failure.or(
                () ->
                    Optional.of(new DataException(look.table().uri() + ": " + e.getMessage(), e)));
      }
    }
    throw failure.orElseThrow();
  }

  private static Map<String, String> used(Map<String, String> columns, Set<String> used) {
    Map<String, String> kept = new TreeMap<>(columns);
    kept.keySet().retainAll(used);
    return kept;
  }

  private Dataset<Row> rows(List<Table> tables, Reference reference) {
    Dataset<Row> rows = load(tables, Optional.of(reference.schema()));
    List<Column> columns = new ArrayList<>();
    if (Arrays.asList(rows.columns()).contains(ImageInputs.ID)) {
      columns.add(col(ImageInputs.ID).cast(DataTypes.StringType));
    } else {
      HashMap<String, String> ids = new HashMap<>();
      tables.forEach(table -> ids.put(plain(table.uri()), table.id()));
      Column id =
          udf((UDF1<String, String>) uri -> ids.get(plain(uri)), DataTypes.StringType)
              .apply(col("_metadata.file_path"));
      columns.add(concat_ws("#", id, col("_metadata.row_index")).as(ImageInputs.ID));
    }
    ImageColumns.of(rows.schema()).names().forEach(name -> columns.add(col(name)));
    return rows.select(columns.toArray(Column[]::new));
  }

  /** Without the slashes of an authority that is empty, which Spark writes in some places. */
  private static String plain(String uri) {
    return uri.replaceFirst("^file:/*", "file:/");
  }

  private Dataset<Row> load(List<Table> tables, Optional<StructType> schema) {
    var reader = spark.read().option(PATTERNS, "false").option("recursiveFileLookup", "true");
    schema.ifPresent(reader::schema);
    return reader.parquet(tables.stream().map(Table::uri).toArray(String[]::new));
  }

  /** By many threads: what takes time is waiting for a store. */
  private List<Look> looks(List<Table> tables) {
    ExecutorService threads = Executors.newFixedThreadPool(LOOKING_THREADS);
    try {
      List<Future<Look>> looks = new ArrayList<>();
      tables.forEach(table -> looks.add(threads.submit(() -> look(table))));
      List<Look> found = new ArrayList<>();
      for (Future<Look> look : looks) {
        found.add(look.get());
      }
      return found;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped while looking at the images", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private static Look look(Table table) {
    if (!table.file().named() || table.file().name().contains(":")) {
      return new Look(
          table,
          Map.of(),
          "has a name that Spark cannot read, with a colon or not UTF-8: rename it");
    }
    try {
      return new Look(table, ParquetFooter.columns(table.file()), null);
    } catch (UnreadableImageException e) {
      return new Look(table, Map.of(), e.getMessage());
    } catch (IOException e) {
      return new Look(table, Map.of(), "cannot be read: " + e);
    }
  }
}
