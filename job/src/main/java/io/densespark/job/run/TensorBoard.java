package io.densespark.job.run;

import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.StepRecord;
import io.densespark.observe.TensorBoardLog;
import io.densespark.train.StepMetrics;
import java.time.Instant;
import java.util.Map;

/** Writes the run's figures for TensorBoard. */
final class TensorBoard implements RunListener, AutoCloseable {

  private final TensorBoardLog log;
  private final int everySteps;

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
    if (step.step() % everySteps == 0) {
      StepRecord record = RunMetrics.record(step);
      log.add(
          Instant.now(),
          record.step(),
          Map.of(
              "train/loss", record.loss(),
              "train/learningRate", record.learningRate(),
              "speed/imagesPerSecond", record.imagesPerSecond(),
              "speed/stepMillis", record.stepMillis()));
    }
  }

  @Override
  public void onEpoch(EpochEnd end) {
    EpochRecord record = end.record();
    log.add(
        Instant.now(),
        record.steps(),
        Map.of(
            "epoch/trainLoss", record.trainLoss(),
            "epoch/testLoss", record.testLoss(),
            "epoch/testAccuracy", record.testAccuracy()));
    log.flush();
  }

  @Override
  public void close() {
    log.close();
  }
}
