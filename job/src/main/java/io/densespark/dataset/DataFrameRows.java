package io.densespark.dataset;

import static org.apache.spark.sql.functions.col;

import io.densespark.data.DataConfig.ColumnConfig;
import io.densespark.data.DataException;
import io.densespark.text.Text;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Examples in the rows of a DataFrame, which are ordered by their content. */
final class DataFrameRows {

  private DataFrameRows() {}

  /**
   * @throws DataException when a column is missing
   */
  static LabelledRows of(Dataset<Row> rows, ColumnConfig columns) {
    Dataset<Row> used;
    RowReader reader;
    try {
      used =
          rows.select(
              RowReader.names(rows.schema(), columns).stream()
                  .map(name -> col("`" + name.replace("`", "``") + "`"))
                  .toArray(Column[]::new));
      reader = RowReader.of(used.schema(), columns);
    } catch (IllegalArgumentException e) {
      throw new DataException(e.getMessage(), e);
    }
    return new LabelledRows(
        used.javaRDD().mapPartitions(partition -> new Numbered(reader, partition)),
        false,
        "a DataFrame",
        List.of(),
        List.of());
  }

  /** Names rows by their places, as they have no other names. */
  private static final class Numbered implements Iterator<LabelledImage> {

    private final RowReader reader;
    private final Iterator<Row> rows;
    private final int partition = TaskContext.getPartitionId();
    private long row;

    Numbered(RowReader reader, Iterator<Row> rows) {
      this.reader = reader;
      this.rows = rows;
    }

    @Override
    public boolean hasNext() {
      return rows.hasNext();
    }

    @Override
    public LabelledImage next() {
      String id = Text.format("row %d of partition %d", row++, partition);
      return reader.read(rows.next(), partition, id, Optional.empty());
    }
  }
}
