package io.densespark.registry;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;

/**
 * One line of the audit log.
 *
 * @param sequence from 1, without gaps
 * @param actor user and host of the process
 * @param version the version that it is about
 * @param reason why, for people
 * @param decision what the gate decided; null where no gate was asked
 * @param after the aliases from then on
 */
public record RegistryEvent(
    long sequence,
    Instant at,
    String actor,
    Kind kind,
    int version,
    String reason,
    GateDecision decision,
    Aliases after) {

  /** What happened. */
  public enum Kind {
    @JsonProperty("registered")
    REGISTERED,
    @JsonProperty("promoted")
    PROMOTED,
    @JsonProperty("rejected")
    REJECTED,
    @JsonProperty("rolled-back")
    ROLLED_BACK
  }
}
