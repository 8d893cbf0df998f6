package io.densespark.job.scale;

import io.densespark.config.GridSettings;
import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.RunDisplay;
import io.densespark.job.StopSignal;
import io.densespark.job.run.SameSettings;
import io.densespark.job.run.TrainJob;
import io.densespark.metrics.CellRecord;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.scaling.Cell;
import io.densespark.scaling.Grid;
import io.densespark.storage.Store;
import io.densespark.text.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The runs of a grid, each an ordinary run of the workspace: one that has ended is not run again,
 * one that was stopped goes on from its newest checkpoint. A run that failed for another reason
 * than divergence is tried again by the next call.
 *
 * <p>Every run uses all slots that its replicas can fill, so runs side by side pay where a batch
 * has fewer replicas than there are slots; Spark then gives each stage its slots in turn.
 */
final class GridRun {

  private final GridSettings settings;
  private final Grid grid;
  private final String gridId;
  private final Store store;
  private final RunDisplay display;
  private final CellReader reader;
  private final long deadlineNanos;
  private final Map<Cell, CellRecord> ended = new LinkedHashMap<>();
  private final Map<String, SortedMap<Integer, Double>> noise = new HashMap<>();
  private final Set<Cell> stopped = new HashSet<>();

  GridRun(GridSettings settings, String gridId, Store store, RunDisplay display) {
    this.settings = settings;
    this.grid = settings.grid();
    this.gridId = gridId;
    this.store = store;
    this.display = display;
    this.reader = new CellReader(gridId, grid);
    this.deadlineNanos =
        System.nanoTime() + grid.scale().timeLimit().orElse(Duration.ofDays(36_500)).toNanos();
  }

  /**
   * Runs what is left of the grid.
   *
   * @param told before the first run and after every one
   */
  void run(JavaSparkContext spark, Runnable told) throws Exception {
    if (!settings.base().fresh()) {
      findEnded();
    }
    told.run();
    int threads = grid.scale().cellsAtOnce();
    ExecutorService pool =
        Executors.newFixedThreadPool(
            threads,
            new BasicThreadFactory.Builder().namingPattern("cell-%d").daemon(true).build());
    try {
      CompletionService<Optional<CellRecord>> running = new ExecutorCompletionService<>(pool);
      Map<Object, Cell> begun = new HashMap<>();
      while (true) {
        for (Cell cell : next(begun.values())) {
          if (begun.size() < threads && System.nanoTime() < deadlineNanos) {
            begun.put(running.submit(() -> train(cell, spark)), cell);
          }
        }
        if (begun.isEmpty()) {
          return;
        }
        var done = running.take();
        Cell cell = begun.remove(done);
        Optional<CellRecord> record = result(done::get);
        record.ifPresentOrElse(one -> ended.put(cell, one), () -> stopped.add(cell));
        told.run();
        tell(cell, record);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  /** All that have ended, the rates chosen among them marked. */
  List<CellRecord> records() {
    return grid.candidates().stream()
        .filter(ended::containsKey)
        .map(
            cell ->
                ended
                    .get(cell)
                    .chosen(
                        grid.chosenRate(cell.arm(), cell.batch(), ended)
                            .filter(rate -> rate == cell.baseRate())
                            .isPresent()))
        .toList();
  }

  /** What the runs that have ended were made of, as one of them tells it. */
  Optional<Provenance> provenance() {
    return ended.keySet().stream()
        .findFirst()
        .flatMap(cell -> new RunDirectory(store, cell.runId(gridId)).readProvenance());
  }

  /**
   * The noise scale along training, by batch and epoch: of the first seed of the arm that has most
   * batches.
   */
  SortedMap<Integer, SortedMap<Integer, Double>> noise() {
    SortedMap<Integer, SortedMap<Integer, Double>> byBatch = new TreeMap<>();
    grid.arms().stream()
        .max(Comparator.comparingInt(arm -> arm.batches().size()))
        .ifPresent(
            arm ->
                records().stream()
                    .filter(CellRecord::chosen)
                    .filter(record -> record.arm().equals(arm.name()))
                    .filter(record -> record.seed() == arm.seeds().get(0))
                    .forEach(
                        record ->
                            byBatch.put(
                                record.batch(),
                                noise.computeIfAbsent(
                                    record.runId(),
                                    id -> CellReader.noise(new RunDirectory(store, id))))));
    return byBatch;
  }

  /** How many runs were left out, those that were begun included. */
  int leftOut() {
    return grid.size() - ended.size();
  }

  private List<Cell> next(Iterable<Cell> begun) {
    List<Cell> next = new ArrayList<>(grid.next(ended));
    begun.forEach(next::remove);
    next.removeAll(stopped);
    return next;
  }

  private void findEnded() {
    display.phase("looking for runs of the grid that have ended");
    for (Cell cell : grid.candidates()) {
      RunDirectory directory = new RunDirectory(store, cell.runId(gridId));
      RunConfig config = settings.of(cell);
      reader
          .read(cell, config, directory)
          .filter(record -> !record.failed())
          .ifPresent(
              record -> {
                SameSettings.require(config, directory);
                ended.put(cell, record);
              });
    }
    if (!ended.isEmpty()) {
      display.message(Text.format("%d of %d runs have ended before", ended.size(), grid.size()));
    }
  }

  /** Empty where the time of the grid was over before the run was. */
  private Optional<CellRecord> train(Cell cell, JavaSparkContext spark) throws Exception {
    Duration left =
        Duration.ofSeconds(1 + Math.max(0, deadlineNanos - System.nanoTime()) / 1_000_000_000);
    String runId = cell.runId(gridId);
    RunConfig config = settings.of(cell, runId, left);
    boolean ownLimit = config.train().timeLimit().filter(left::equals).isEmpty();
    ExitCode code;
    try {
      code = new TrainJob(config, new CellDisplay(display, name(cell))).run();
    } catch (Exception | LinkageError e) {
      code = ExitCode.of(e);
      boolean isOfTheCell =
          switch (code) {
            case DIVERGED, TRAINING_FAILED, TIMED_OUT, PREFLIGHT -> true;
            default -> false;
          };
      if (!isOfTheCell || spark.sc().isStopped() || StopSignal.received().isPresent()) {
        throw e;
      }
    }
    if (code == ExitCode.TIMED_OUT && !ownLimit) {
      return Optional.empty();
    }
    return reader.read(cell, config, new RunDirectory(store, runId));
  }

  private void tell(Cell cell, Optional<CellRecord> record) {
    String count = Text.format("%d of %d", ended.size(), grid.size());
    display.message(
        record
            .map(
                one ->
                    one.succeeded()
                        ? Text.format(
                            "%s: %s, test accuracy %.4f after %d epochs in %.0f s",
                            count, name(cell), one.testAccuracy(), one.epochs(), one.seconds())
                        : Text.format(
                            "%s: %s, %s after %d epochs: %s",
                            count, name(cell), one.state(), one.epochs(), one.error()))
            .orElseGet(() -> name(cell) + ": stopped, as the time of the grid is over"));
  }

  private static String name(Cell cell) {
    return cell.runId("").substring(1);
  }

  private interface Result<T> {
    T get() throws InterruptedException, ExecutionException;
  }

  private static <T> T result(Result<T> result) throws Exception {
    try {
      return result.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }
}
