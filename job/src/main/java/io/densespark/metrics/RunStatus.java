package io.densespark.metrics;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.densespark.settings.Secrets;
import io.densespark.text.Text;
import java.time.Instant;

/**
 * State of a run, as {@code status.json}; scripts rely on the names. What is not known yet is
 * {@code null}.
 *
 * @param state where the run stands
 * @param exitCode of the process, once the state is final
 * @param error why it failed, without secrets
 * @param runId the run
 * @param epochs epochs completed
 * @param testAccuracy 0 to 1, after the last epoch evaluated
 * @param testLoss after the last epoch evaluated
 * @param validationAccuracy 0 to 1, on the training images held out; null where there are none
 * @param validationLoss likewise
 * @param mirroredTestAccuracy by the mean over each test image and its mirror image, of the final
 *     parameters; null where it was not asked for
 * @param stoppedEarly whether it ended well before its last epoch, as accuracy rose no more
 * @param imagesPerSecond of training only, without compilation and loading of data
 * @param seconds since the run began, over all its resumptions
 * @param parametersSha256 of the flat parameter vector as little-endian float32
 * @param startedAt first start
 * @param updatedAt when this status was written
 */
public record RunStatus(
    State state,
    Integer exitCode,
    String error,
    String runId,
    int epochs,
    Double testAccuracy,
    Double testLoss,
    Double validationAccuracy,
    Double validationLoss,
    Double mirroredTestAccuracy,
    boolean stoppedEarly,
    Double imagesPerSecond,
    Double seconds,
    String parametersSha256,
    Instant startedAt,
    Instant updatedAt) {

  /** Where a run stands. */
  public enum State {
    @JsonProperty("running")
    RUNNING,
    @JsonProperty("succeeded")
    SUCCEEDED,
    @JsonProperty("failed")
    FAILED
  }

  public RunStatus {
    error = error == null ? null : Secrets.redact(error);
    if (state == null || runId == null || startedAt == null || updatedAt == null) {
      throw new IllegalArgumentException("state, runId, startedAt and updatedAt must be there");
    }
    if ((state == State.RUNNING) != (exitCode == null)) {
      throw new IllegalArgumentException(
          Text.format(
              "A run has an exit code exactly when it is over: state %s, exit code %s",
              state, exitCode));
    }
  }

  /** A run that begins now. */
  public static RunStatus started(String runId, Instant now) {
    return new RunStatus(
        State.RUNNING,
        null,
        null,
        runId,
        0,
        null,
        null,
        null,
        null,
        null,
        false,
        null,
        0.0,
        null,
        now,
        now);
  }

  /** The same run after another epoch. */
  public RunStatus withEpoch(
      EpochRecord epoch, double imagesPerSecond, double seconds, Instant now) {
    return new RunStatus(
        State.RUNNING,
        null,
        null,
        runId,
        epoch.epoch(),
        epoch.testAccuracy(),
        epoch.testLoss(),
        epoch.validationAccuracy(),
        epoch.validationLoss(),
        null,
        false,
        imagesPerSecond,
        seconds,
        parametersSha256,
        startedAt,
        now);
  }

  /** The run ended well. */
  public RunStatus succeeded(
      String parametersSha256,
      boolean stoppedEarly,
      Double mirroredTestAccuracy,
      double seconds,
      Instant now) {
    return new RunStatus(
        State.SUCCEEDED,
        0,
        null,
        runId,
        epochs,
        testAccuracy,
        testLoss,
        validationAccuracy,
        validationLoss,
        mirroredTestAccuracy,
        stoppedEarly,
        imagesPerSecond,
        seconds,
        parametersSha256,
        startedAt,
        now);
  }

  /** The run ended with a failure; what was reached before stays. */
  public RunStatus failed(int exitCode, String error, double seconds, Instant now) {
    return in(State.FAILED, exitCode, error, seconds, now);
  }

  /** A failed run that goes on. */
  public RunStatus resumed(Instant now) {
    return in(State.RUNNING, null, null, seconds, now);
  }

  private RunStatus in(State state, Integer exitCode, String error, Double seconds, Instant now) {
    return new RunStatus(
        state,
        exitCode,
        error,
        runId,
        epochs,
        testAccuracy,
        testLoss,
        validationAccuracy,
        validationLoss,
        mirroredTestAccuracy,
        stoppedEarly,
        imagesPerSecond,
        seconds,
        parametersSha256,
        startedAt,
        now);
  }
}
