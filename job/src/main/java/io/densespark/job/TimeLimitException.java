package io.densespark.job;

/** The run took longer than {@code train.time-limit}. */
final class TimeLimitException extends RuntimeException {
  TimeLimitException(String message, Throwable cause) {
    super(message, cause);
  }
}
