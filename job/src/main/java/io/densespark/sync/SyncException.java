package io.densespark.sync;

/** Replicas could not be started or kept together. */
public final class SyncException extends RuntimeException {

  private final Reason reason;

  /** What went wrong. */
  public enum Reason {
    /** Spark offers too few slots, or settings that a barrier stage cannot run under. */
    PREFLIGHT,
    /** A replica did not answer in time. */
    TIMED_OUT,
    /** Anything else that ended the stage after all its attempts. */
    FAILED
  }

  /** The message says what happened and what to set. */
  public SyncException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** A refusal before anything is trained. */
  public static SyncException refused(String message) {
    return new SyncException(Reason.PREFLIGHT, message, null);
  }

  /** What went wrong. */
  public Reason reason() {
    return reason;
  }
}
