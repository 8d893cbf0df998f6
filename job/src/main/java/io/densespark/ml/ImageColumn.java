package io.densespark.ml;

import static org.apache.spark.sql.functions.col;

import io.densespark.text.Text;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.ml.functions;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;

/**
 * The column that holds images, whatever its name:
 *
 * <ul>
 *   <li>binary: image files; unsigned bytes of pixels where the column is called {@code pixels}
 *   <li>a struct: of Spark's image source, or with image files in {@code bytes}
 *   <li>a vector or an array of numbers: pixels, row-major, one channel or three planes, whole
 *       numbers 0 to 255, floating-point numbers 0 to 1; columns {@code height} and {@code width}
 *       tell the shape, without them images are square
 * </ul>
 */
final class ImageColumn {

  private static final String FILES = "image";
  private static final String PIXELS = "pixels";

  private ImageColumn() {}

  /**
   * The same under the names by which the rest of the project finds images.
   *
   * @throws IllegalArgumentException where the column is missing or holds no images
   */
  static List<Column> of(StructType schema, String name) {
    require(schema, name, "featuresCol");
    DataType type = schema.apply(name).dataType();
    Column column = quoted(name);
    if (type.equals(DataTypes.BinaryType) && !name.equals(PIXELS) || type instanceof StructType) {
      return List.of(column.as(FILES));
    }
    boolean vectors = type.equals(SQLDataTypes.VectorType());
    boolean numbers = type instanceof ArrayType array && array.elementType() instanceof NumericType;
    if (!vectors && !numbers && !type.equals(DataTypes.BinaryType)) {
      throw new IllegalArgumentException(
          Text.format(
              "the column %s, named by featuresCol, is %s: images are binary (files), Spark's struct of an image, a vector or an array of numbers",
              name, type.catalogString()));
    }
    Column pixels = vectors ? functions.vector_to_array(column, "float64") : column;
    List<String> fields = List.of(schema.fieldNames());
    Stream<String> shape =
        Stream.of("height", "width").filter(side -> fields.containsAll(List.of("height", "width")));
    return Stream.concat(Stream.of(pixels.as(PIXELS)), shape.map(side -> col(side))).toList();
  }

  /** A column by its name, dots and all. */
  static Column quoted(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  static void require(StructType schema, String name, String param) {
    if (!List.of(schema.fieldNames()).contains(name)) {
      throw new IllegalArgumentException(
          Text.format(
              "there is no column %s, named by %s: there are %s",
              name, param, String.join(", ", schema.fieldNames())));
    }
  }
}
