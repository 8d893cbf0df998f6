package io.densespark.job.run;

import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.StepRecord;
import io.densespark.metrics.TrustRatioRecord;
import io.densespark.train.GradientNoise;
import io.densespark.train.NoiseScale;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.List;

/** Logs steps and epochs, and the mistakes of the last epoch. */
final class RunMetrics implements RunListener, AutoCloseable {

  private static final Duration INTERVAL = Duration.ofSeconds(2);

  private final RunDirectory directory;
  private final int everySteps;
  private final MetricsLog<StepRecord> steps;
  private final MetricsLog<EpochRecord> epochs;
  private final List<EpochRecord> earlier;
  private final NoiseScale noise = new NoiseScale();
  private final int epochsBefore;

  /** Made when there is something to log. */
  private MetricsLog<TrustRatioRecord> trustRatios;

  /**
   * Goes on with the logs of a run: what comes after {@code start} is done again.
   *
   * @param everySteps steps between two that are kept
   */
  RunMetrics(RunDirectory directory, int everySteps, TrainingState start) {
    this.directory = directory;
    this.everySteps = everySteps;
    this.epochsBefore = start.epoch();
    int stepsOfWholeEpochs = start.step() - start.stepInEpoch();
    this.epochs =
        MetricsLog.resume(
            directory.store(),
            directory.epochs(),
            EpochRecord.class,
            Duration.ZERO,
            record -> record.epoch() <= start.epoch());
    this.earlier = MetricsLog.read(directory.store(), directory.epochs(), EpochRecord.class);
    this.steps =
        MetricsLog.resume(
            directory.store(),
            directory.steps(),
            StepRecord.class,
            INTERVAL,
            record -> record.step() <= stepsOfWholeEpochs);
    MetricsLog.read(directory.store(), directory.steps(), StepRecord.class).stream()
        .reduce((before, last) -> last)
        .ifPresent(
            last ->
                noise.restore(new GradientNoise(last.gradientSquared(), last.gradientVariance())));
    // The log may have been behind the checkpoint.
    start.steps().forEach(this::onStep);
  }

  /** The epochs done before. */
  List<EpochRecord> earlier() {
    return earlier;
  }

  @Override
  public void onStep(StepMetrics step) {
    StepRecord record = record(step, noise);
    if (step.step() % everySteps == 0) {
      steps.add(record);
    }
  }

  @Override
  public void onEpoch(EpochEnd end) {
    epochs.add(end.record());
    log(
        new TrustRatioRecord(
            end.record().epoch(), end.record().steps(), end.trainer().trustRatios()));
    directory.writeMistakes(end.mistakes());
    // Before the checkpoint: what it counts as done is not told again.
    steps.flush();
    epochs.flush();
  }

  private void log(TrustRatioRecord record) {
    if (record.ratios().isEmpty()) {
      return;
    }
    if (trustRatios == null) {
      trustRatios =
          MetricsLog.resume(
              directory.store(),
              directory.trustRatios(),
              TrustRatioRecord.class,
              Duration.ZERO,
              earlierOne -> earlierOne.epoch() <= epochsBefore);
    }
    trustRatios.add(record);
  }

  @Override
  public void close() {
    try (epochs) {
      steps.close();
      if (trustRatios != null) {
        trustRatios.close();
      }
    }
  }

  /**
   * The figures of a step in the units of the logs.
   *
   * @param noise of the steps before; this one's is added
   */
  static StepRecord record(StepMetrics step, NoiseScale noise) {
    noise.add(step.step(), step.noise());
    double stepMillis = step.totalNanos() / 1e6;
    return new StepRecord(
        step.step(),
        step.epoch(),
        step.loss(),
        step.learningRate(),
        stepMillis,
        step.examples() * 1000.0 / stepMillis,
        step.computeNanos() / 1e6,
        step.communicationNanos() / 1e6,
        step.waitNanos() / 1e6,
        step.dataNanos() / 1e6,
        step.bytesSent(),
        noise.average().squaredGradient(),
        noise.average().variance(),
        noise.examples());
  }
}
