package io.densespark.images;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.udf;

import io.densespark.data.DataException;
import io.densespark.data.OnError;
import io.densespark.storage.InputFile;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
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
public final class ParquetInputs {

  /** Spark's own switch, off: names that look like patterns are names. */
  private static final String PATTERNS = "__globPaths__";

  /** Of {@link #numbered}: the place of a row's file among the tables that were given. */
  public static final String FILE = "__file";

  /** Of {@link #numbered}: the place of a row in its file. */
  public static final String ROW = "__row";

  private final SparkSession spark;
  private final Function<StructType, Collection<String>> columns;

  /**
   * A Parquet file.
   *
   * @param id its part of the ids of its rows
   */
  public record Table(String id, InputFile file) {
    String uri() {
      return file.uri();
    }
  }

  /**
   * @param columns the columns that are read of a schema; throws IllegalArgumentException where it
   *     lacks one
   */
  public ParquetInputs(SparkSession spark, Function<StructType, Collection<String>> columns) {
    this.spark = spark;
    this.columns = columns;
  }

  /**
   * The images of some files.
   *
   * @param onError what to do about damage within a file: {@code SKIP} finds it by reading all
   *     files once before
   * @param broken receives the files that cannot be used
   * @throws DataException when none of the usable files has images
   */
  Dataset<Row> read(List<Table> tables, OnError onError, List<BrokenImage> broken) {
    return read(tables, onError, broken, this::named)
        .orElseGet(() -> spark.createDataFrame(List.of(), ReadImageFiles.FILES));
  }

  /**
   * The rows of some files: {@link #FILE}, {@link #ROW}, and the columns that are read.
   *
   * @param onError as {@link #read}
   * @return empty where no file can be used
   */
  public Optional<Dataset<Row>> numbered(
      List<Table> tables, OnError onError, List<BrokenImage> broken) {
    HashMap<String, Integer> places = new HashMap<>();
    for (int place = 0; place < tables.size(); place++) {
      places.put(key(tables.get(place)), place);
    }
    Column file =
        udf((UDF1<String, Integer>) uri -> places.get(plain(uri)), DataTypes.IntegerType)
            .apply(col("_metadata.file_path"));
    return read(
        tables,
        onError,
        broken,
        (used, rows) -> List.of(file.as(FILE), col("_metadata.row_index").as(ROW)));
  }

  /** Makes the columns that name rows. */
  private interface Naming {
    List<Column> columns(List<Table> tables, Dataset<Row> rows);
  }

  private Optional<Dataset<Row>> read(
      List<Table> tables, OnError onError, List<BrokenImage> broken, Naming naming) {
    List<ParquetLook> usable = new ArrayList<>();
    for (ParquetLook look : ParquetLook.at(tables)) {
      look.problem()
          .ifPresentOrElse(
              problem -> broken.add(new BrokenImage(look.table().id(), problem)),
              () -> usable.add(look));
    }
    List<Table> whole = List.of();
    if (!usable.isEmpty()) {
      Reference reference = reference(usable);
      List<ParquetLook> alike = alike(usable, reference, broken);
      whole = tables(onError == OnError.SKIP ? whole(alike, reference, broken) : alike);
      if (!whole.isEmpty()) {
        return Optional.of(rows(whole, reference, naming));
      }
    }
    return Optional.empty();
  }

  private static List<ParquetLook> alike(
      List<ParquetLook> looks, Reference reference, List<BrokenImage> broken) {
    List<ParquetLook> alike = new ArrayList<>();
    for (ParquetLook look : looks) {
      Map<String, String> columns = used(look.columns(), reference.used());
      if (columns.equals(reference.columns())) {
        alike.add(look);
      } else {
        broken.add(
            new BrokenImage(
                look.table().id(),
                Text.format(
                    "has the columns %s where %s has %s",
                    columns, reference.file(), reference.columns())));
      }
    }
    return alike;
  }

  /** The files of which all rows can be read. */
  private List<ParquetLook> whole(
      List<ParquetLook> looks, Reference reference, List<BrokenImage> broken) {
    List<Column> columns = new ArrayList<>(List.of(col("_metadata.file_path")));
    reference.columns().keySet().forEach(name -> columns.add(quoted(name)));
    Map<String, Long> readable = new HashMap<>();
    load(tables(looks), Optional.of(reference.schema()), "true")
        .select(columns.toArray(Column[]::new))
        // Rows as objects: for a mere count, Spark would read no column.
        .map((MapFunction<Row, String>) row -> row.getString(0), Encoders.STRING())
        .groupBy("value")
        .count()
        .collectAsList()
        .forEach(file -> readable.put(plain(file.getString(0)), file.getLong(1)));
    List<ParquetLook> whole = new ArrayList<>();
    for (ParquetLook look : looks) {
      long rows = readable.getOrDefault(key(look.table()), 0L);
      if (rows == look.rows()) {
        whole.add(look);
      } else {
        broken.add(
            new BrokenImage(
                look.table().id(),
                Text.format("is damaged: %d of its %d rows can be read", rows, look.rows())));
      }
    }
    return whole;
  }

  /** The file that the others have to be like. */
  private record Reference(
      String file, StructType schema, Set<String> used, Map<String, String> columns) {}

  /** The first file that has images. */
  private Reference reference(List<ParquetLook> usable) {
    Map<Map<String, String>, ParquetLook> kinds = new LinkedHashMap<>();
    usable.forEach(look -> kinds.putIfAbsent(look.columns(), look));
    Optional<DataException> failure = Optional.empty();
    for (ParquetLook look : kinds.values()) {
      StructType schema = load(List.of(look.table()), Optional.empty(), "false").schema();
      try {
        Set<String> used = new HashSet<>(this.columns.apply(schema));
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

  private Dataset<Row> rows(List<Table> tables, Reference reference, Naming naming) {
    Dataset<Row> rows = load(tables, Optional.of(reference.schema()), "false");
    List<Column> columns = new ArrayList<>(naming.columns(tables, rows));
    this.columns.apply(rows.schema()).forEach(name -> columns.add(quoted(name)));
    return rows.select(columns.toArray(Column[]::new));
  }

  /** A column by its name, whatever characters that has. */
  private static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  private List<Column> named(List<Table> tables, Dataset<Row> rows) {
    if (Arrays.asList(rows.columns()).contains(ImageInputs.ID)) {
      return List.of(col(ImageInputs.ID).cast(DataTypes.StringType));
    }
    HashMap<String, String> ids = new HashMap<>();
    tables.forEach(table -> ids.put(key(table), table.id()));
    Column id =
        udf((UDF1<String, String>) uri -> ids.get(plain(uri)), DataTypes.StringType)
            .apply(col("_metadata.file_path"));
    return List.of(concat_ws("#", id, col("_metadata.row_index")).as(ImageInputs.ID));
  }

  /** What {@link #plain} makes of the {@code _metadata.file_path} of the file's rows. */
  private static String key(Table table) {
    return plain(table.file().escapedUri());
  }

  /** Without the slashes of an authority that is empty, which Spark writes in some places. */
  private static String plain(String uri) {
    return uri.replaceFirst("^file:/*", "file:/");
  }

  private static List<Table> tables(List<ParquetLook> looks) {
    return looks.stream().map(ParquetLook::table).toList();
  }

  /**
   * @param passDamage whether the rows from the first damage of a file on are passed over
   */
  private Dataset<Row> load(List<Table> tables, Optional<StructType> schema, String passDamage) {
    var reader =
        spark
            .read()
            .option(PATTERNS, "false")
            .option("recursiveFileLookup", "true")
            .option("ignoreCorruptFiles", passDamage)
            // Of numbers nothing else would tell that they are not those that were written.
            .option("parquet.page.verify-checksum.enabled", "true");
    schema.ifPresent(reader::schema);
    return reader.parquet(tables.stream().map(Table::uri).toArray(String[]::new));
  }
}
