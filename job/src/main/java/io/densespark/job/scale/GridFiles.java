package io.densespark.job.scale;

import io.densespark.metrics.CellTable;
import io.densespark.report.ScaleReport;
import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.storage.Store;
import java.time.Instant;

/**
 * What a grid leaves in a workspace, beside its runs:
 *
 * <pre>
 * scale/&lt;grid-id&gt;/
 *   cells.parquet   a row a run
 *   cells.csv       the same
 *   finding.json    a row for each arm and batch, fits, what was left out
 *   report.html     the finding as a page
 * </pre>
 *
 * <p>All of it is made of the runs' own files and written again after every run.
 */
record GridFiles(Store store, String gridId) {

  static final String SCALE = "scale";

  String path() {
    return SCALE + "/" + gridId;
  }

  String finding() {
    return path() + "/finding.json";
  }

  String report() {
    return path() + "/report.html";
  }

  String csv() {
    return path() + "/cells.csv";
  }

  /** The page last, so that whoever sees it finds the others. */
  void write(ScaleReport page) {
    store.replace(path() + "/cells.parquet", CellTable.parquet(page.cells()));
    store.replace(csv(), CellTable.csv(page.cells()));
    store.replace(finding(), Content.of(Json.document(page.finding())));
    store.replace(report(), page.html(Instant.now()));
  }
}
