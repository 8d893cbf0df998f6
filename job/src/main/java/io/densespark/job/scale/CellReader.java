package io.densespark.job.scale;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.metrics.CellRecord;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.metrics.StepRecord;
import io.densespark.scaling.Cell;
import io.densespark.scaling.Grid;
import io.densespark.settings.CanonicalText;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** What came of a grid's runs, from the files that each of them left. */
record CellReader(String gridId, Grid grid) {

  /** A run that has ended; empty where it was not begun, goes on, or was stopped from outside. */
  Optional<CellRecord> read(Cell cell, RunConfig config, RunDirectory run) {
    return run.readStatus()
        .filter(status -> state(status).isPresent())
        .map(status -> record(cell, config, run, status));
  }

  private static Optional<String> state(RunStatus status) {
    return switch (status.state()) {
      case SUCCEEDED -> Optional.of(CellRecord.SUCCEEDED);
      case RUNNING -> Optional.empty();
      case FAILED ->
          Optional.of(
              status.exitCode() == ExitCode.DIVERGED.number()
                  ? CellRecord.DIVERGED
                  : CellRecord.FAILED);
    };
  }

  private CellRecord record(Cell cell, RunConfig config, RunDirectory run, RunStatus status) {
    List<EpochRecord> epochs = MetricsLog.read(run.store(), run.epochs(), EpochRecord.class);
    List<StepRecord> steps = MetricsLog.read(run.store(), run.steps(), StepRecord.class);
    int replicas =
        run.readProvenance()
            .map(Provenance::replicas)
            .orElseGet(() -> config.sync().replicas().orElse(1));
    Optional<EpochRecord> target =
        grid.scale()
            .targetAccuracy()
            .flatMap(
                accuracy ->
                    epochs.stream()
                        .filter(epoch -> epoch.selectionAccuracy() != null)
                        .filter(epoch -> epoch.selectionAccuracy() >= accuracy)
                        .findFirst());
    Optional<EpochRecord> last =
        epochs.isEmpty() ? Optional.empty() : Optional.of(epochs.get(epochs.size() - 1));
    OptionalDouble best =
        epochs.stream()
            .map(EpochRecord::selectionAccuracy)
            .filter(Objects::nonNull)
            .mapToDouble(Double::doubleValue)
            .max();
    return new CellRecord(
        gridId,
        cell.arm(),
        CanonicalText.of(config.sync().mode()),
        CanonicalText.of(config.train().optimizer().kind()),
        cell.batch(),
        replicas,
        cell.batch() / replicas,
        cell.seed(),
        cell.baseRate(),
        config.train().optimizer().learningRate(),
        config.train().schedule().warmupEpochs(),
        config.train().epochs(),
        grid.arm(cell.arm()).rates().size() > 1,
        false,
        run.runId(),
        state(status).orElseThrow(),
        status.exitCode(),
        status.error(),
        status.epochs(),
        last.map(EpochRecord::steps).orElse(0L),
        status.testAccuracy(),
        status.validationAccuracy(),
        best.isPresent() ? best.getAsDouble() : null,
        status.testLoss(),
        last.map(EpochRecord::trainLoss).orElse(null),
        target.map(EpochRecord::epoch).orElse(null),
        target.map(EpochRecord::steps).orElse(null),
        target.map(reached -> trainSeconds(epochs, reached)).orElse(null),
        status.imagesPerSecond(),
        mean(steps, StepRecord::stepMillis),
        mean(steps, StepRecord::computeMillis),
        status.seconds(),
        noise(steps, target.or(() -> last).map(EpochRecord::epoch).orElse(0)),
        status.parametersSha256());
  }

  /**
   * The gradient noise scale of a run by epoch, at their ends; epochs that do not tell are left
   * out.
   */
  static SortedMap<Integer, Double> noise(RunDirectory run) {
    SortedMap<Integer, Double> byEpoch = new TreeMap<>();
    for (StepRecord step : MetricsLog.read(run.store(), run.steps(), StepRecord.class)) {
      if (Double.isFinite(step.noiseScale())) {
        byEpoch.put(step.epoch(), step.noiseScale());
      } else {
        byEpoch.remove(step.epoch());
      }
    }
    return byEpoch;
  }

  /** As the last step of an epoch tells it: an average over the steps before. */
  private static Double noise(List<StepRecord> steps, int epoch) {
    return steps.stream()
        .filter(step -> step.epoch() == epoch)
        .reduce((a, b) -> b)
        .map(StepRecord::noiseScale)
        .filter(Double::isFinite)
        .orElse(null);
  }

  private static double trainSeconds(List<EpochRecord> epochs, EpochRecord last) {
    return epochs.stream()
        .filter(epoch -> epoch.epoch() <= last.epoch())
        .mapToDouble(EpochRecord::seconds)
        .sum();
  }

  private static Double mean(List<StepRecord> steps, ToDoubleFunction<StepRecord> millis) {
    // The first step waits for what every later one finds compiled.
    OptionalDouble mean =
        steps.stream().filter(step -> step.step() > 1).mapToDouble(millis).average();
    return mean.isPresent() ? mean.getAsDouble() : null;
  }
}
