package io.densespark.job;

/** The workspace holds a run of this id already. */
final class RunExistsException extends RuntimeException {
  RunExistsException(String message) {
    super(message);
  }
}
