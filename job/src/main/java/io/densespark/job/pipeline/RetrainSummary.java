package io.densespark.job.pipeline;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.densespark.registry.GateDecision;
import java.time.Instant;

/**
 * What came of a retraining, for programs: {@code retrain.json} of the run and the input of {@code
 * notify.command}. What is not known is null.
 *
 * @param exitCode of the process
 * @param error why it failed
 * @param repeated whether an earlier call had finished this slot, and nothing was done
 * @param fingerprint SHA-256 over all images and labels
 * @param comparedWith the run of the same data and settings, where nothing was done
 * @param version registered for this run, or of {@code comparedWith}
 * @param champion the champion now
 * @param formerChampion the champion when it began
 * @param accuracy of the version on the test images
 */
record RetrainSummary(
    Outcome outcome,
    int exitCode,
    String error,
    boolean repeated,
    String model,
    String workspace,
    String runId,
    String fingerprint,
    String comparedWith,
    Integer version,
    Integer champion,
    Integer formerChampion,
    Double accuracy,
    GateDecision decision,
    Instant startedAt,
    double seconds) {

  enum Outcome {
    @JsonProperty("promoted")
    PROMOTED,
    @JsonProperty("rejected")
    REJECTED,
    /** The gate would let it through. */
    @JsonProperty("dry-run-accepted")
    DRY_RUN_ACCEPTED,
    /** The gate would reject it. */
    @JsonProperty("dry-run-rejected")
    DRY_RUN_REJECTED,
    /** Data and settings are those of the newest version: nothing was done. */
    @JsonProperty("unchanged")
    UNCHANGED,
    @JsonProperty("failed")
    FAILED
  }
}
