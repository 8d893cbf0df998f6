package io.densespark.data;

/**
 * The data set is missing, corrupt or does not fit its settings. The message names the file, what
 * was met, what is expected and what to do next.
 */
public final class DataException extends RuntimeException {

  public DataException(String message) {
    super(message);
  }

  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
