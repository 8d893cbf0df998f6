package io.densespark.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.metrics.CellRecord;
import io.densespark.scaling.ArmConfig;
import io.densespark.scaling.Cell;
import io.densespark.scaling.Cells;
import io.densespark.scaling.Finding;
import io.densespark.scaling.Grid;
import io.densespark.scaling.Growth;
import io.densespark.scaling.ScaleConfig;
import io.densespark.storage.Store;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ScaleReportTest {

  private static final SortedMap<Integer, SortedMap<Integer, Double>> NOISE =
      new TreeMap<>(Map.of(1024, new TreeMap<>(Map.of(1, 300.0, 2, 450.0))));

  @TempDir private Path workspace;
  private final List<CellRecord> cells = new ArrayList<>();

  @Test
  void readsAsAFinding() {
    ended(64, 0.900, 4);
    ended(256, 0.899, 5);
    ended(1024, 0.880, 8);
    ended(4096, Double.NaN, null);

    assertThat(html())
        .contains("fall<span class=\"state partial\">partial")
        .contains("1 of 5 runs are not in it. The same command goes on with them")
        .contains("up to batch 256; loses 2.0 points at 1,024, everything at 4,096")
        .contains("3.83 (1 + B / 937)", "1 rate, not tuned")
        .contains("MLPerf, ResNet-50 with LARS", "Gradient noise scale: 750 images, 0.8 times")
        .contains("batch 1,024, epoch 2: 450.0")
        .contains("linear, global batch 256: 0.8990")
        .contains("<td>8 × 32</td><td>0.4</td>", "did not converge: 0 of 1 did")
        .contains("<td>diverged</td><td>21</td><td>the loss of step 7 is &quot;NaN&quot;")
        .contains(">batch-size<", ">train</h3>")
        .doesNotContain("{{", ">null<");
  }

  @Test
  void withoutATargetOrASecondBatchThereIsStillAPage() {
    ended(64, 0.9, null);

    assertThat(html()).contains("up to batch 64, the largest tried").doesNotContain("MLPerf, ");
  }

  @Test
  void isWellFormed() throws Exception {
    ended(64, 0.900, 4);
    ended(256, 0.899, 5);
    ended(1024, 0.880, 8);
    String html = html().replaceFirst("<!DOCTYPE html>", "").replaceAll("(<meta[^>]*)>", "$1/>");

    Document page =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(html)));

    assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(7);
    assertThat(page.getElementsByTagName("desc").item(0).getTextContent())
        .contains("linear: 0.9000 at global batch 64");
  }

  private void ended(int batch, double accuracy, Integer epochs) {
    cells.add(Cells.ended(new Cell("linear", batch, 0.1, 1), accuracy, epochs));
  }

  private String html() {
    ArmConfig arm =
        new ArmConfig(
            "linear",
            List.of(64, 256, 1024, 4096, 8192),
            List.of(1L),
            OptionalInt.of(32),
            Growth.LINEAR,
            Growth.NONE,
            List.of(0.1),
            ArmConfig.Budget.EPOCHS,
            ArmConfig.Choice.ACCURACY,
            Map.of());
    ScaleConfig scale = new ScaleConfig(64, Optional.of(0.85), Optional.empty(), 1, List.of());
    Finding finding = Finding.of("fall", new Grid(scale, List.of(arm)), cells);
    try (Store store = Store.open(workspace.toString(), new Configuration())) {
      store.replace(
          "page.html",
          new ScaleReport(
                  finding, cells, 2, 100_000, NOISE, Map.of("train.batch-size", "256"), null)
              .html(Instant.parse("2026-03-01T08:00:00Z")));
      return new String(store.read("page.html"), StandardCharsets.UTF_8);
    }
  }
}
