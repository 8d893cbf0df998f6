package io.densespark.job.run;

import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.StepRecord;
import io.densespark.observe.TensorBoardLog;
import io.densespark.train.NoiseScale;
import io.densespark.train.StepMetrics;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Writes the run's figures for TensorBoard. */
final class TensorBoard implements RunListener, AutoCloseable {

  private final TensorBoardLog log;
  private final int everySteps;
  private final NoiseScale noise = new NoiseScale();

  /**
   * @param everySteps steps between two that are kept
   * @param step global steps done before
   */
  TensorBoard(RunDirectory directory, int everySteps, long step) {
    this.log = new TensorBoardLog(directory.store(), directory.tensorBoard(), Instant.now(), step);
    this.everySteps = everySteps;
  }

  @Override
  public void onStep(StepMetrics step) {
    StepRecord record = RunMetrics.record(step, noise);
    if (step.step() % everySteps == 0) {
      Map<String, Double> known = new LinkedHashMap<>();
      known.put("train/loss", record.loss());
      known.put("train/learningRate", record.learningRate());
      if (Double.isFinite(record.noiseScale())) {
        known.put("train/noiseScale", record.noiseScale());
      }
      known.put("speed/imagesPerSecond", record.imagesPerSecond());
      known.put("speed/stepMillis", record.stepMillis());
      log.add(Instant.now(), record.step(), known);
    }
  }

  @Override
  public void onEpoch(EpochEnd end) {
    EpochRecord record = end.record();
    Map<String, Double> known = new LinkedHashMap<>();
    known.put("epoch/trainLoss", record.trainLoss());
    known.put("epoch/testLoss", record.testLoss());
    known.put("epoch/testAccuracy", record.testAccuracy());
    known.put("epoch/validationLoss", record.validationLoss());
    known.put("epoch/validationAccuracy", record.validationAccuracy());
    // Epochs are measured on the images held out, where there are any, or else on the test images.
    known.values().removeIf(Objects::isNull);
    log.add(Instant.now(), record.steps(), known);
    log.flush();
  }

  @Override
  public void close() {
    log.close();
  }
}
