package io.densespark.ml;

import static org.apache.spark.sql.functions.max;

import io.densespark.data.DataException;
import io.densespark.text.Text;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.ml.attribute.Attribute;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What classes the labels of a column name: strings, in the order of their code points; or whole
 * numbers from 0, so that predictions and labels compare, whose names are those that a {@code
 * StringIndexer} left in the column's metadata.
 *
 * @param numbers how many classes the numbers count; empty: labels are strings
 * @param names by class; empty: as the data has them
 */
record LabelColumn(Optional<Integer> numbers, Optional<List<String>> names) {

  private static final int MOST_CLASSES = 100_000;

  /**
   * @throws IllegalArgumentException where the column is missing or cannot hold labels
   */
  static void require(StructType schema, String name) {
    ImageColumn.require(schema, name, "labelCol");
    StructField field = schema.apply(name);
    if (!field.dataType().equals(DataTypes.StringType)
        && !(field.dataType() instanceof NumericType)) {
      throw new IllegalArgumentException(
          Text.format(
              "the column %s, named by labelCol, is %s: labels are strings or whole numbers from 0",
              name, field.dataType().catalogString()));
    }
  }

  /** Looks through the column. */
  static LabelColumn of(Dataset<?> rows, String name) {
    StructField field = rows.schema().apply(name);
    if (field.dataType().equals(DataTypes.StringType)) {
      return new LabelColumn(Optional.empty(), Optional.empty());
    }
    Dataset<Row> labels = rows.select(ImageColumn.quoted(name).as(name));
    Row largest = labels.agg(max(ImageColumn.quoted(name)).cast(DataTypes.DoubleType)).first();
    double classes = largest.isNullAt(0) ? 0 : Math.floor(largest.getDouble(0)) + 1;
    Optional<List<String>> names = names(field);
    if (!(classes <= names.map(List::size).orElse(MOST_CLASSES))) {
      throw new DataException(
          Text.format(
              "the column %s has a label %s, but there are %d classes at most",
              name, largest.get(0), names.map(List::size).orElse(MOST_CLASSES)));
    }
    int count = names.map(List::size).orElse(Math.max(2, (int) classes));
    return new LabelColumn(Optional.of(count), names.or(() -> Optional.of(counted(count))));
  }

  private static Optional<List<String>> names(StructField field) {
    Attribute attribute = Attribute.fromStructField(field);
    return attribute instanceof NominalAttribute nominal && nominal.values().isDefined()
        ? Optional.of(List.of(nominal.values().get()))
        : Optional.empty();
  }

  private static List<String> counted(int classes) {
    return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
  }

  /** What the data must be told, so that a number is the index of its class. */
  Map<String, String> settings() {
    return numbers
        .map(classes -> Map.of("data.class-names", counted(classes).toString()))
        .orElse(Map.of());
  }
}
