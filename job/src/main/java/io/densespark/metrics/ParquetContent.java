package io.densespark.metrics;

import io.densespark.storage.Content;
import java.io.OutputStream;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.commons.io.output.CountingOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.DelegatingPositionOutputStream;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.schema.MessageType;

/**
 * Records as one Parquet file, written to a plain stream by the Parquet that Spark carries.
 *
 * @implNote compressed with gzip, which needs no native library; the files are small
 */
final class ParquetContent {

  private ParquetContent() {}

  /**
   * A file with a row for each record.
   *
   * @param filling puts a record's values into an empty row
   */
  static <T> Content of(MessageType schema, List<T> records, BiConsumer<T, Group> filling) {
    return out -> {
      try (ParquetWriter<Group> writer =
          ExampleParquetWriter.builder(new StreamFile(out))
              .withType(schema)
              .withConf(new Configuration(false))
              .withCompressionCodec(CompressionCodecName.GZIP)
              .build()) {
        for (T record : records) {
          Group row = new SimpleGroup(schema);
          filling.accept(record, row);
          writer.write(row);
        }
      }
    };
  }

  /** The stream as Parquet wants it: with the position told. */
  private record StreamFile(OutputStream out) implements OutputFile {
    @Override
    public PositionOutputStream create(long blockSizeHint) {
      CountingOutputStream counting = new CountingOutputStream(out);
      return new DelegatingPositionOutputStream(counting) {
        @Override
        public long getPos() {
          return counting.getByteCount();
        }
      };
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSizeHint) {
      return create(blockSizeHint);
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }
}
