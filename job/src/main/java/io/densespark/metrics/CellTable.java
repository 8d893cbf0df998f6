package io.densespark.metrics;

import io.densespark.settings.CanonicalText;
import io.densespark.storage.Content;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/**
 * The runs of a grid as a table, a row a run. Its columns are the components of {@link CellRecord},
 * by their names and in their order; what is not known or not finite is null in Parquet and empty
 * in CSV.
 */
public final class CellTable {

  private static final RecordComponent[] COLUMNS = CellRecord.class.getRecordComponents();

  private static final Map<Class<?>, String> TYPES =
      Map.of(
          String.class, "binary %s (STRING)",
          int.class, "int32 %s",
          Integer.class, "int32 %s",
          long.class, "int64 %s",
          Long.class, "int64 %s",
          double.class, "double %s",
          Double.class, "double %s",
          boolean.class, "boolean %s");

  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          Arrays.stream(COLUMNS)
              .map(
                  column ->
                      (column.getType().isPrimitive() ? "required " : "optional ")
                          + TYPES.get(column.getType()).replace("%s", column.getName()))
              .collect(Collectors.joining(";\n", "message row {\n", ";\n}")));

  private CellTable() {}

  /** One Parquet file. */
  public static Content parquet(List<CellRecord> cells) {
    return ParquetContent.of(SCHEMA, cells, CellTable::fill);
  }

  /** CSV in UTF-8 with a line of names, texts quoted where RFC 4180 asks for it. */
  public static Content csv(List<CellRecord> cells) {
    StringBuilder text = new StringBuilder();
    text.append(
        Arrays.stream(COLUMNS).map(RecordComponent::getName).collect(Collectors.joining(",")));
    text.append("\n");
    for (CellRecord cell : cells) {
      text.append(
          Arrays.stream(COLUMNS)
              .map(column -> quoted(value(column, cell)))
              .collect(Collectors.joining(",")));
      text.append("\n");
    }
    return Content.of(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void fill(CellRecord cell, Group row) {
    for (RecordComponent column : COLUMNS) {
      Object value = value(column, cell);
      if (value instanceof Integer number) {
        row.append(column.getName(), number);
      } else if (value instanceof Long number) {
        row.append(column.getName(), number);
      } else if (value instanceof Double number) {
        row.append(column.getName(), number);
      } else if (value instanceof Boolean flag) {
        row.append(column.getName(), flag);
      } else if (value instanceof String text) {
        row.append(column.getName(), text);
      }
    }
  }

  /** Null where it is not known, or not finite. */
  private static Object value(RecordComponent column, CellRecord cell) {
    try {
      Object value = column.getAccessor().invoke(cell);
      return value instanceof Double number && !Double.isFinite(number) ? null : value;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + column, e);
    }
  }

  private static String quoted(Object value) {
    String text = value == null ? "" : CanonicalText.of(value);
    return text.matches("(?s).*[,\"\r\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }
}
