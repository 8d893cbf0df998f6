package io.densespark.job.scale;

import io.densespark.config.GridSettings;
import io.densespark.config.RunConfig;
import io.densespark.dataset.ImageDataset;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.job.SparkConnection;
import io.densespark.job.Submission;
import io.densespark.job.Workspace;
import io.densespark.metrics.CellRecord;
import io.densespark.model.DenseNetGraph;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelSummary;
import io.densespark.report.ScaleReport;
import io.densespark.scaling.Finding;
import io.densespark.storage.StoreLock;
import io.densespark.text.Text;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * A grid of runs, global batch by rule by seed, from its settings to its finding:
 *
 * <pre>
 *   lock the grid; find the runs that have ended
 *   connect to Spark; train what is left, until the grid's time is over
 *   after every run: cells.parquet, cells.csv, finding.json, report.html
 * </pre>
 *
 * <p>Ends with 20 where a run failed for another reason than divergence, which is a finding. What a
 * time limit leaves out is said, and is no failure.
 */
public record ScaleJob(GridSettings settings, RunDisplay display) implements Job {

  private static final DateTimeFormatter GRID_ID =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

  @Override
  public ExitCode run() throws Exception {
    RunConfig base = settings.base();
    String gridId = base.run().runId().orElseGet(() -> "scale-" + Submission.stamp(GRID_ID));
    try (Workspace workspace = Workspace.open(base)) {
      settings.grid().candidates().forEach(cell -> workspace.run(cell.runId(gridId)));
      workspace.store().checkWritable();
      try (StoreLock lock =
          StoreLock.acquire(
              workspace.store(),
              "scale-" + gridId,
              "scale",
              base.run().lockLease(),
              Submission.lockTimeout(base.run().lockLease()))) {
        GridFiles files = new GridFiles(workspace.store().guardedBy(lock), gridId);
        GridRun grid = new GridRun(settings, gridId, workspace.store(), display);
        display.phase("starting Spark");
        try (SparkConnection spark = SparkConnection.open(base)) {
          int slots = spark.slots();
          long parameters = parameters(spark);
          grid.run(spark.context(), () -> files.write(page(grid, gridId, slots, parameters)));
        }
        return ended(grid, files);
      }
    }
  }

  private ScaleReport page(GridRun grid, String gridId, int slots, long parameters) {
    List<CellRecord> cells = grid.records();
    return new ScaleReport(
        Finding.of(gridId, settings.grid(), cells),
        cells,
        slots,
        parameters,
        grid.noise(),
        settings.texts(),
        grid.provenance().orElse(null));
  }

  /** Of the model for these images, running statistics included. */
  private long parameters(SparkConnection spark) {
    RunConfig base = settings.base();
    display.phase("looking at the images");
    ImageDataset images = Inputs.images(base, Inputs.hadoop(base)).open(spark.context());
    ModelSignature signature = Inputs.signature(base, images);
    return ModelSummary.of(
            DenseNetGraph.configuration(
                base.model().withClasses(signature.classes()),
                signature.channels(),
                signature.height(),
                signature.width(),
                new NoOp(),
                0,
                base.train().seed()),
            signature.channels(),
            signature.height(),
            signature.width())
        .parameters();
  }

  private ExitCode ended(GridRun grid, GridFiles files) {
    List<CellRecord> failed = grid.records().stream().filter(CellRecord::failed).toList();
    if (grid.leftOut() > 0) {
      display.warning(
          Text.format(
              "%d of %d runs were left out or stopped: the time of the grid is over, or no rate of theirs trained to its end; the same command goes on with them",
              grid.leftOut(), settings.grid().size()));
    }
    display.message("finding: " + files.store().uri(files.report()));
    if (!failed.isEmpty()) {
      throw new JobException(
          ExitCode.TRAINING_FAILED,
          Text.format(
              "%d of %d runs failed, the first of them %s with exit code %d: %s. The same command tries them again",
              failed.size(),
              settings.grid().size(),
              failed.get(0).runId(),
              failed.get(0).exitCode(),
              failed.get(0).error()),
          null);
    }
    return ExitCode.SUCCESS;
  }
}
