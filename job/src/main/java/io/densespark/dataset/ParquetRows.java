package io.densespark.dataset;

import io.densespark.data.DataConfig;
import io.densespark.data.DataException;
import io.densespark.dataset.FileListing.Taken;
import io.densespark.images.BrokenImage;
import io.densespark.images.InputEntries;
import io.densespark.images.ParquetInputs;
import io.densespark.images.ParquetInputs.Table;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** Examples in the rows of Parquet files, ordered by the files' paths and their rows. */
final class ParquetRows {

  private ParquetRows() {}

  /**
   * Finds the files.
   *
   * @throws DataException when there are none
   */
  static Taken find(FileListing listing) {
    Taken taken =
        listing.take(
            entry ->
                !InputEntries.isData(entry)
                    ? "hidden by its name"
                    : listing.input().isFolder() && !InputEntries.ending(entry).equals("parquet")
                        ? "no Parquet by its name"
                        : "");
    if (taken.files().isEmpty() && taken.unusable().isEmpty()) {
      throw new DataException(Text.format("%s has no Parquet files", listing.place()));
    }
    return taken;
  }

  /**
   * The examples in the files.
   *
   * @throws DataException when a column is missing
   */
  static LabelledRows of(SparkSession spark, Taken taken, String place, DataConfig config) {
    List<Table> tables =
        taken.files().stream().map(entry -> new Table(entry.path(), entry.file())).toList();
    List<BrokenImage> unusable = new ArrayList<>(taken.unusable());
    Optional<Dataset<Row>> found =
        new ParquetInputs(spark, schema -> RowReader.names(schema, config.columns()))
            .numbered(tables, config.onError(), unusable);
    if (found.isEmpty()) {
      throw new DataException(
          Text.format("no Parquet file of %s can be used: %s", place, unusable.get(0)));
    }
    Dataset<Row> rows = found.get();
    StructType schema = rows.schema();
    RowReader reader = RowReader.of(schema, config.columns());
    int file = schema.fieldIndex(ParquetInputs.FILE);
    int row = schema.fieldIndex(ParquetInputs.ROW);
    List<String> ids = new ArrayList<>(tables.stream().map(Table::id).toList());
    return new LabelledRows(
        rows.javaRDD()
            .map(
                read -> {
                  String id = ids.get(read.getInt(file));
                  long at = read.getLong(row);
                  return reader.read(
                      read, (long) read.getInt(file) << 40 | at, id + "#" + at, Part.wordIn(id));
                }),
        true,
        place,
        unusable,
        taken.leftOut());
  }
}
