package io.densespark.job;

/** Something that a run needs is missing, found before it began. */
final class PreflightException extends RuntimeException {
  PreflightException(String message, Throwable cause) {
    super(message, cause);
  }
}
