package io.densespark.storage;

import io.densespark.text.Text;
import java.time.Instant;

/** Another process has the lock. Ends the process with exit code 40. */
public final class LockHeldException extends RuntimeException {

  private final String owner;
  private final Instant expiresAt;

  LockHeldException(String lock, LockClaim claim, Instant expiresAt) {
    super(
        Text.format(
            "%s is held by %s (process %d, %s) since %s; unless it renews its claim, that ends at %s."
                + " Wait for it to finish or stop that process; a claim that has ended is taken over by itself",
            lock,
            claim.owner(),
            claim.process().id(),
            claim.purpose(),
            StoreLock.shown(claim.since()),
            StoreLock.shown(expiresAt)));
    this.owner = claim.owner();
    this.expiresAt = expiresAt;
  }

  /** User and host that have it. */
  public String owner() {
    return owner;
  }

  /** When its claim ends unless it is renewed. */
  public Instant expiresAt() {
    return expiresAt;
  }
}
