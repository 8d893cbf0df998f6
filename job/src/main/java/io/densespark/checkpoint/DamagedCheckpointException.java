package io.densespark.checkpoint;

/**
 * One checkpoint is not what was saved; the message is the reason, fit for a list of skipped ones.
 */
final class DamagedCheckpointException extends Exception {

  /** Whether the checkpoint was ever complete, as opposed to an upload that never finished. */
  enum Was {
    COMPLETE,
    UNFINISHED
  }

  private final Was was;

  DamagedCheckpointException(Was was, String reason, Throwable cause) {
    super(reason, cause);
    this.was = was;
  }

  Was was() {
    return was;
  }
}
