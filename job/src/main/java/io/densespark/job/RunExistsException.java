package io.densespark.job;

/** The workspace holds a run of this id that cannot be gone on with. */
final class RunExistsException extends RuntimeException {
  RunExistsException(String message) {
    super(message);
  }
}
