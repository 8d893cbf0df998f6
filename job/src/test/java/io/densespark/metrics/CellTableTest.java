package io.densespark.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.scaling.Cell;
import io.densespark.scaling.Cells;
import io.densespark.storage.Store;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CellTableTest {

  private static final List<CellRecord> CELLS =
      List.of(
          Cells.ended(new Cell("linear", 256, 0.1, 1), 0.875, 6),
          Cells.ended(new Cell("linear", 4096, 0.1, 2), Double.NaN));

  @TempDir private Path folder;

  @Test
  void csvIsItsGoldenFile() throws Exception {
    try (Store store = Store.open(folder.toString(), new Configuration())) {
      store.replace("cells.csv", CellTable.csv(CELLS));
    }

    assertThat(Files.readString(folder.resolve("cells.csv"), StandardCharsets.UTF_8))
        .isEqualTo(
            Files.readString(
                Path.of("src/test/resources/golden/cells.csv"), StandardCharsets.UTF_8));
  }

  @Test
  void parquetHasTheSameColumnsAndNullsForWhatIsNotKnown() throws Exception {
    try (Store store = Store.open(folder.toString(), new Configuration())) {
      store.replace("cells.parquet", CellTable.parquet(CELLS));
    }

    try (ParquetReader<Group> reader =
        ParquetReader.builder(
                new GroupReadSupport(),
                new org.apache.hadoop.fs.Path(folder.resolve("cells.parquet").toUri()))
            .build()) {
      Group first = reader.read();
      assertThat(first.getString("arm", 0)).isEqualTo("linear");
      assertThat(first.getInteger("batch", 0)).isEqualTo(256);
      assertThat(first.getDouble("testAccuracy", 0)).isEqualTo(0.875);
      assertThat(first.getLong("stepsToTarget", 0)).isEqualTo(1500);
      assertThat(first.getBoolean("chosen", 0)).isTrue();
      Group second = reader.read();
      assertThat(second.getString("state", 0)).isEqualTo("diverged");
      assertThat(second.getFieldRepetitionCount("testAccuracy")).isZero();
      assertThat(second.getFieldRepetitionCount("epochsToTarget")).isZero();
      assertThat(reader.read()).isNull();
    }
  }
}
