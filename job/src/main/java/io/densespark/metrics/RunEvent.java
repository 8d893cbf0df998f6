package io.densespark.metrics;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;

/**
 * Something that happened to a run beside its steps.
 *
 * @param at when
 * @param kind what
 * @param detail in words
 */
public record RunEvent(Instant at, Kind kind, String detail) {

  /** What can happen to a run. */
  public enum Kind {
    @JsonProperty("started")
    STARTED,
    @JsonProperty("resumed")
    RESUMED,
    /** Which slot has which GPU, from here on. */
    @JsonProperty("devices")
    DEVICES,
    /** The first step of this process begins. */
    @JsonProperty("training")
    TRAINING,
    /** An epoch is trained and evaluated. */
    @JsonProperty("epoch")
    EPOCH,
    /** A replica was replaced; the epoch went on from the last common step. */
    @JsonProperty("replica-lost")
    REPLICA_LOST,
    @JsonProperty("failed")
    FAILED,
    @JsonProperty("succeeded")
    SUCCEEDED
  }
}
