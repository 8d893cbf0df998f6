package io.densespark.dataset;

import io.densespark.data.DataConfig.ColumnConfig;
import io.densespark.dataset.LabelledImage.Label;
import io.densespark.images.ImageColumns;
import io.densespark.text.Text;
import java.io.Serializable;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * Takes examples from the rows of tables.
 *
 * @param images where rows hold images
 * @param label index of the column of labels
 * @param part index of the column that names parts; -1: there is none
 */
record RowReader(ImageColumns images, int label, int part) implements Serializable {

  /** Column of labels where none is named. */
  private static final String LABEL = "label";

  /**
   * Finds the columns.
   *
   * @throws IllegalArgumentException when one is missing, naming those that are there
   */
  static RowReader of(StructType schema, ColumnConfig columns) {
    return new RowReader(
        columns
            .image()
            .map(name -> ImageColumns.of(schema, name))
            .orElseGet(() -> ImageColumns.of(schema)),
        index(schema, columns.label().orElse(LABEL), "data.columns.label"),
        columns.split().map(name -> index(schema, name, "data.columns.split")).orElse(-1));
  }

  private static int index(StructType schema, String name, String setting) {
    if (!Arrays.asList(schema.fieldNames()).contains(name)) {
      throw new IllegalArgumentException(
          Text.format(
              "there is no column \"%s\" among %s: set %s", name, schema.simpleString(), setting));
    }
    return schema.fieldIndex(name);
  }

  /** The names of the columns that are read. */
  static Set<String> names(StructType schema, ColumnConfig columns) {
    RowReader reader = of(schema, columns);
    Set<String> names = new LinkedHashSet<>(reader.images.names());
    names.add(schema.fieldNames()[reader.label]);
    if (reader.part >= 0) {
      names.add(schema.fieldNames()[reader.part]);
    }
    return names;
  }

  /**
   * The example of a row.
   *
   * @param ofFile the part that its file is in; a column goes before
   */
  LabelledImage read(Row row, long key, String id, Optional<String> ofFile) {
    Optional<String> named =
        part < 0 ? ofFile : Optional.of(row.isNullAt(part) ? "" : String.valueOf(row.get(part)));
    Optional<Label> found =
        row.isNullAt(label) ? Optional.empty() : Optional.of(label(row.get(label)));
    return new LabelledImage(key, id, named, found, () -> images.read(row));
  }

  /** A whole number, whatever type it has, or a text. */
  static Label label(Object value) {
    if (value instanceof Number number) {
      try {
        return new Label(new BigDecimal(number.toString()).toBigIntegerExact().toString(), true);
      } catch (ArithmeticException | NumberFormatException e) {
        return new Label(number.toString(), false);
      }
    }
    return new Label(String.valueOf(value), false);
  }
}
