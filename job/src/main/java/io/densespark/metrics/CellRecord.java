package io.densespark.metrics;

/**
 * A run of a grid, as a row of its table. What is not known is {@code null}.
 *
 * @param grid name of the grid
 * @param arm rule by which the settings followed from the batch
 * @param syncMode {@code sync.mode}
 * @param optimizer {@code train.optimizer.kind}
 * @param batch global
 * @param replicas world size
 * @param localBatch images of a replica
 * @param seed of the run
 * @param baseRate learning rate at the base batch
 * @param learningRate peak of this run
 * @param warmupEpochs of this run
 * @param epochBudget epochs planned
 * @param trial whether it was one of several rates tried
 * @param chosen whether its rate is the one that counts at this batch
 * @param runId of its run in the workspace
 * @param state {@code succeeded}, {@code diverged} or {@code failed}
 * @param exitCode of the run
 * @param error why it did not succeed
 * @param epochs completed
 * @param steps taken
 * @param testAccuracy after the last epoch
 * @param validationAccuracy on the training images held out, likewise; null: none are
 * @param bestAccuracy of any epoch, on the images held out where there are any
 * @param testLoss after the last epoch
 * @param trainLoss of the last epoch
 * @param epochsToTarget epochs until the accuracy was the target, on the images held out where
 *     there are any; null: it never was
 * @param stepsToTarget steps until then
 * @param secondsToTarget training and evaluation until then
 * @param imagesPerSecond of training
 * @param stepMillis mean wall time of a step
 * @param computeMillis mean time of a step that rank 0's slot computed
 * @param seconds of the whole run
 * @param noiseScale gradient noise scale when the target was reached, or else at the end, in
 *     images; null: not resolved
 * @param parametersSha256 of the model
 */
public record CellRecord(
    String grid,
    String arm,
    String syncMode,
    String optimizer,
    int batch,
    int replicas,
    int localBatch,
    long seed,
    double baseRate,
    double learningRate,
    double warmupEpochs,
    int epochBudget,
    boolean trial,
    boolean chosen,
    String runId,
    String state,
    Integer exitCode,
    String error,
    int epochs,
    long steps,
    Double testAccuracy,
    Double validationAccuracy,
    Double bestAccuracy,
    Double testLoss,
    Double trainLoss,
    Integer epochsToTarget,
    Long stepsToTarget,
    Double secondsToTarget,
    Double imagesPerSecond,
    Double stepMillis,
    Double computeMillis,
    Double seconds,
    Double noiseScale,
    String parametersSha256) {

  /** State of a run whose loss or parameters are not finite any more. */
  public static final String DIVERGED = "diverged";

  public static final String SUCCEEDED = "succeeded";

  public static final String FAILED = "failed";

  /** Whether it trained to its end. */
  public boolean succeeded() {
    return state.equals(SUCCEEDED);
  }

  public boolean diverged() {
    return state.equals(DIVERGED);
  }

  public boolean failed() {
    return state.equals(FAILED);
  }

  /** The same, knowing whether its rate counts. */
  public CellRecord chosen(boolean isChosen) {
    return new CellRecord(
        grid,
        arm,
        syncMode,
        optimizer,
        batch,
        replicas,
        localBatch,
        seed,
        baseRate,
        learningRate,
        warmupEpochs,
        epochBudget,
        trial,
        isChosen,
        runId,
        state,
        exitCode,
        error,
        epochs,
        steps,
        testAccuracy,
        validationAccuracy,
        bestAccuracy,
        testLoss,
        trainLoss,
        epochsToTarget,
        stepsToTarget,
        secondsToTarget,
        imagesPerSecond,
        stepMillis,
        computeMillis,
        seconds,
        noiseScale,
        parametersSha256);
  }

  /** What a rate is chosen by: the accuracy on the images held out, else on the test images. */
  public double selectionAccuracy() {
    return validationAccuracy == null ? testAccuracy : validationAccuracy;
  }
}
