package io.densespark.job.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.densespark.job.JobException;
import io.densespark.job.SmallJobs;
import io.densespark.metrics.CellRecord;
import io.densespark.report.ScaleReport;
import io.densespark.scaling.ArmConfig;
import io.densespark.scaling.Cell;
import io.densespark.scaling.Cells;
import io.densespark.scaling.Finding;
import io.densespark.scaling.Grid;
import io.densespark.scaling.Growth;
import io.densespark.scaling.ScaleConfig;
import io.densespark.storage.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaleResultTest {

  @TempDir private Path workspace;

  @BeforeEach
  void writeAFinding() {
    ArmConfig arm =
        new ArmConfig(
            "linear",
            List.of(64, 256, 1024),
            List.of(1L),
            OptionalInt.of(32),
            Growth.LINEAR,
            Growth.NONE,
            List.of(0.1),
            ArmConfig.Budget.EPOCHS,
            ArmConfig.Choice.ACCURACY,
            Map.of("train.l2", "0.5", "train.epochs", "3"));
    List<CellRecord> cells =
        List.of(
            Cells.ended(new Cell("linear", 64, 0.1, 1), 0.900, 4),
            Cells.ended(new Cell("linear", 256, 0.1, 1), 0.899, 5),
            Cells.ended(new Cell("linear", 1024, 0.1, 1), 0.850, 8));
    ScaleConfig scale = new ScaleConfig(64, Optional.of(0.85), Optional.empty(), 1, List.of());
    Finding finding = Finding.of("fall", new Grid(scale, List.of(arm)), cells);
    try (Store store = Store.open(workspace.toString(), new Configuration())) {
      new GridFiles(store, "fall")
          .write(new ScaleReport(finding, cells, 2, 1000, new TreeMap<>(), Map.of(), null));
    }
  }

  @Test
  void givesTheBatchTheRateAndWhatElseFollowsFromTheArm() throws IOException {
    assertThat(settings("fall:linear:1024"))
        .containsOnly(
            entry("train.batch-size", "1024"),
            entry("train.optimizer.learning-rate", "1.6"),
            entry("train.schedule.warmup-epochs", "1"),
            entry("sync.replicas", "32"),
            entry("train.l2", "0.5"));
  }

  @Test
  void withoutABatchItIsTheLargestThatKeepsTheAccuracy() throws IOException {
    assertThat(settings("fall:linear")).containsEntry("train.batch-size", "256");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fall            | must be GRID:ARM or GRID:ARM:BATCH",
        "fall:linear:big | must be GRID:ARM or GRID:ARM:BATCH",
        "spring:linear   | spring/finding.json: name a grid that the verb scale has run",
        "fall:lars       | the grid fall has no arm lars, it has linear",
        "fall:linear:512 | no run of fall:linear with batch 512 trained to its end; there are [64, 256, 1024]"
      })
  void whatIsNotThereIsToldWithWhatIs(String source, String message) {
    assertThatThrownBy(() -> settings(source))
        .isInstanceOf(JobException.class)
        .hasMessageContaining(message);
  }

  private Map<String, String> settings(String source) throws IOException {
    return ScaleResult.parse(source).settings(new SmallJobs(workspace).config("a"));
  }
}
