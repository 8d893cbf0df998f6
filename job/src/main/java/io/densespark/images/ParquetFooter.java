package io.densespark.images;

import io.densespark.storage.InputFile;
import io.densespark.text.Text;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Util;

/**
 * What the end of a Parquet file says, read without Spark's help.
 *
 * @param columns types by name, as text that is equal where the types are
 * @param rows how many it has
 */
public record ParquetFooter(Map<String, String> columns, long rows) {

  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  /** Length of the footer and the magic bytes. */
  private static final int END_BYTES = Integer.BYTES + MAGIC.length;

  private static final int MAX_FOOTER_BYTES = 1 << 28;

  /**
   * Reads the end of a file.
   *
   * @throws UnreadableImageException when it is no whole Parquet file
   */
  static ParquetFooter of(InputFile file) throws IOException, UnreadableImageException {
    long length = file.bytes();
    byte[] end = file.tail(END_BYTES);
    if (length < MAGIC.length + END_BYTES
        || !Arrays.equals(end, Integer.BYTES, END_BYTES, MAGIC, 0, MAGIC.length)) {
      throw new UnreadableImageException(
          Text.format("is no whole Parquet file: its %,d bytes do not end with PAR1", length));
    }
    int footer = ByteBuffer.wrap(end).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (footer < 1 || footer > Math.min(MAX_FOOTER_BYTES, length - END_BYTES - MAGIC.length)) {
      throw new UnreadableImageException(
          Text.format("is a damaged Parquet file: a footer of %d bytes is announced", footer));
    }
    try {
      FileMetaData found =
          Util.readFileMetaData(new ByteArrayInputStream(file.tail(footer + END_BYTES)));
      Iterator<SchemaElement> schema = found.getSchema().iterator();
      Map<String, String> columns = new TreeMap<>();
      for (int left = schema.next().getNum_children(); left > 0; left--) {
        SchemaElement column = schema.next();
        columns.put(column.getName(), type(column, schema));
      }
      return new ParquetFooter(columns, found.getNum_rows());
    } catch (IOException | RuntimeException e) {
      throw new UnreadableImageException("is a damaged Parquet file: its footer cannot be read");
    }
  }

  /** Elements stand in depth-first order. */
  private static String type(SchemaElement column, Iterator<SchemaElement> schema) {
    StringBuilder type = new StringBuilder();
    type.append(column.isSetType() ? column.getType() : "group");
    if (column.isSetConverted_type()) {
      type.append(' ').append(column.getConverted_type());
    }
    if (column.getNum_children() > 0) {
      type.append('(');
      for (int left = column.getNum_children(); left > 0; left--) {
        SchemaElement child = schema.next();
        type.append(child.getName())
            .append(' ')
            .append(type(child, schema))
            .append(left > 1 ? ", " : ")");
      }
    }
    return type.toString();
  }
}
