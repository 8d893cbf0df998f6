package io.densespark.storage;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;

/**
 * What a process writes down when it wants a lock or has it.
 *
 * @param state whether it has the lock already
 * @param owner user and host, for people
 * @param process the process that wrote it
 * @param purpose what the lock is wanted for, as in "train"
 * @param since when the owner asked for it, by the owner's clock; only shown, never compared
 * @param leaseMillis the claim ends when it was not renewed for so long, by the store's clock
 */
record LockClaim(
    State state,
    String owner,
    ProcessIdentity process,
    String purpose,
    Instant since,
    long leaseMillis) {

  enum State {
    @JsonProperty("contending")
    CONTENDING,
    @JsonProperty("held")
    HELD
  }

  static LockClaim contending(String purpose, Duration lease, Instant now) {
    ProcessIdentity process = ProcessIdentity.current();
    return new LockClaim(
        State.CONTENDING, ownerOfThisProcess(), process, purpose, now, lease.toMillis());
  }

  static String ownerOfThisProcess() {
    return System.getProperty("user.name") + "@" + ProcessIdentity.current().host();
  }

  LockClaim held() {
    return new LockClaim(State.HELD, owner, process, purpose, since, leaseMillis);
  }
}
