package io.densespark.storage;

/**
 * A file or workspace could not be read or written. The message names the URI, without credentials,
 * and what to do.
 *
 * <p>Before training starts this ends the process with exit code 11 (preflight).
 */
public final class StorageException extends RuntimeException {

  /** Why, as far as the store lets us know. */
  public enum Reason {
    /** The workspace URI or a path in it is not one that can be used. */
    INVALID,
    /** The file is not there. */
    MISSING,
    /** The file is there already, and was to be new. */
    EXISTS,
    /** Permissions or credentials do not allow it. */
    DENIED,
    /** What is to be written would touch what is read. */
    OVERLAPS,
    /** No space or quota left. */
    FULL,
    /** The store does not answer. */
    UNREACHABLE,
    /** Libraries for this kind of store are not on the class path. */
    UNSUPPORTED,
    /** The file is there, but not as this program writes it. */
    DAMAGED,
    /** Anything else; the cause tells. */
    FAILED
  }

  private final Reason reason;

  public StorageException(Reason reason, String message) {
    this(reason, message, null);
  }

  public StorageException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
