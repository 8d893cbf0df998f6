package io.densespark.images;

import io.densespark.storage.InputFiles;
import io.densespark.storage.StorageException;
import io.densespark.storage.StorageFailure;
import io.densespark.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;

/** Reads image files by their keys: (id, key) to (id, content, why there is none). */
record ReadImageFiles(InputFiles files) implements MapPartitionsFunction<Row, Row> {

  static final String KEY = "key";

  static final StructType KEYS =
      new StructType().add(ImageInputs.ID, DataTypes.StringType).add(KEY, DataTypes.StringType);

  static final StructType FILES =
      new StructType()
          .add(ImageInputs.ID, DataTypes.StringType)
          .add("content", DataTypes.BinaryType)
          .add(ImageColumns.UNREADABLE, DataTypes.StringType);

  @Override
  public Iterator<Row> call(Iterator<Row> keys) {
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> files.close());
    Stream<Row> rows =
        StreamSupport.stream(Spliterators.spliteratorUnknownSize(keys, 0), false)
            .map(row -> read(row.getString(0), row.getString(1)));
    return rows.iterator();
  }

  private Row read(String id, String key) {
    try {
      return RowFactory.create(id, content(files, key), null);
    } catch (UnreadableImageException e) {
      return RowFactory.create(id, null, e.getMessage());
    }
  }

  /** The bytes of a file, as many as a task may take. */
  static byte[] content(InputFiles files, String key) throws UnreadableImageException {
    long most = ImageDecoder.memoryShare();
    try (InputStream in = files.reopen(key).open()) {
      byte[] content = in.readNBytes((int) Math.min(Integer.MAX_VALUE - 16, most + 1));
      if (content.length > most) {
        throw new UnreadableImageException(
            ImageDecoder.tooLarge(Text.format("has more than %,d bytes", most)));
      }
      return content;
    } catch (IOException | StorageException e) {
      throw new UnreadableImageException("cannot be read: " + StorageFailure.text(e, key));
    }
  }
}
