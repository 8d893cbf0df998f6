package io.densespark.ml;

import static org.apache.spark.sql.functions.max;

import io.densespark.data.DataException;
import io.densespark.text.Text;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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
 * numbers from 0, whose names are those that a {@code StringIndexer} left in the column's metadata.
 *
 * @param names by class; empty: they have none
 * @param classes number of classes
 * @param text whether labels are strings
 */
record LabelColumn(List<String> names, int classes, boolean text) implements Serializable {

  /** One is all the same to a classifier, and no net is made for it. */
  private static final int LEAST_CLASSES = 2;

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
    Dataset<Row> labels = rows.select(ImageColumn.quoted(name));
    if (field.dataType().equals(DataTypes.StringType)) {
      List<String> names =
          labels.na().drop().distinct().collectAsList().stream()
              .map(row -> row.getString(0))
              .sorted(Comparator.comparing(text -> text.codePoints().toArray(), Arrays::compare))
              .toList();
      return new LabelColumn(names, Math.max(LEAST_CLASSES, names.size()), true);
    }
    List<String> names = names(field).orElse(List.of());
    Row largest = labels.agg(max(labels.columns()[0])).first();
    int classes = largest.isNullAt(0) ? 0 : ((Number) largest.get(0)).intValue() + 1;
    if (!names.isEmpty() && classes > names.size()) {
      throw new DataException(
          Text.format(
              "the column %s has a label %d, but its metadata names %d classes",
              name, classes - 1, names.size()));
    }
    return new LabelColumn(names, Math.max(LEAST_CLASSES, Math.max(classes, names.size())), false);
  }

  private static Optional<List<String>> names(StructField field) {
    Attribute attribute = Attribute.fromStructField(field);
    return attribute instanceof NominalAttribute nominal && nominal.values().isDefined()
        ? Optional.of(List.of(nominal.values().get()))
        : Optional.empty();
  }

  /**
   * The class of a value.
   *
   * @throws IllegalArgumentException where it names none, saying what is wrong with it
   */
  int index(Object value) {
    if (value == null) {
      throw new IllegalArgumentException("has no label");
    }
    if (text) {
      return names.indexOf(value);
    }
    double number = ((Number) value).doubleValue();
    if (number != Math.rint(number) || number < 0 || number >= classes) {
      throw new IllegalArgumentException(
          Text.format("has the label %s: labels are strings or whole numbers from 0", value));
    }
    return (int) number;
  }

  /** Names for people: the numbers where there are no others. */
  List<String> shown() {
    List<String> shown = new ArrayList<>(names);
    for (int c = shown.size(); c < classes; c++) {
      shown.add(Integer.toString(c));
    }
    return Collections.unmodifiableList(shown);
  }
}
