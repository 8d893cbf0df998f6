package io.densespark.job.verb;

import io.densespark.job.JobException;
import io.densespark.job.run.RunEnding;
import io.densespark.job.run.TrainJob;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.storage.StoreLock;
import java.time.Instant;
import java.util.Map;

/**
 * A run in a line. What is not known is null.
 *
 * @param runId its id
 * @param state where it stands
 * @param abandoned whether the run is not over, but no process has it any more: the same command
 *     goes on with it
 * @param startedAt first start
 * @param updatedAt when it last wrote its status
 * @param seconds from its start to its last status, pauses apart
 * @param epochs epochs completed
 * @param testAccuracy 0 to 1, after the last epoch
 * @param testLoss after the last epoch
 * @param validationAccuracy 0 to 1, after the last epoch, on the images held out
 * @param imagesPerSecond of training
 * @param model preset
 * @param batchSize global batch
 * @param learningRate peak of the learning rate
 * @param replicas world size
 * @param exitCode once it is over
 * @param error why it failed
 * @param parametersSha256 of the final parameters
 */
record RunSummary(
    String runId,
    RunStatus.State state,
    boolean abandoned,
    Instant startedAt,
    Instant updatedAt,
    Double seconds,
    int epochs,
    Double testAccuracy,
    Double testLoss,
    Double validationAccuracy,
    Double imagesPerSecond,
    String model,
    String batchSize,
    String learningRate,
    Integer replicas,
    Integer exitCode,
    String error,
    String parametersSha256) {

  /**
   * Reads the run's files.
   *
   * @throws JobException when there is no run of the id
   * @throws io.densespark.storage.StorageException when a file cannot be read
   * @throws IllegalArgumentException when its settings cannot
   */
  static RunSummary of(RunDirectory directory) {
    RunStatus status = status(directory);
    boolean abandoned =
        status.state() == RunStatus.State.RUNNING
            && !StoreLock.seemsHeld(directory.store(), TrainJob.lockName(directory.runId()));
    if (abandoned) {
      // It may have ended between the two looks: its last status comes before it gives the lock
      // back.
      status = status(directory);
      abandoned = status.state() == RunStatus.State.RUNNING;
    }
    Map<String, String> settings = RunEnding.settings(directory);
    return new RunSummary(
        directory.runId(),
        status.state(),
        abandoned,
        status.startedAt(),
        status.updatedAt(),
        status.seconds(),
        status.epochs(),
        status.testAccuracy(),
        status.testLoss(),
        status.validationAccuracy(),
        status.imagesPerSecond(),
        settings.get("model.name"),
        settings.get("train.batch-size"),
        settings.get("train.optimizer.learning-rate"),
        directory.readProvenance().map(Provenance::replicas).orElse(null),
        status.exitCode(),
        status.error(),
        status.parametersSha256());
  }

  private static RunStatus status(RunDirectory directory) {
    return directory.readStatus().orElseThrow(() -> JobException.noSuchRun(directory));
  }
}
