package io.densespark.model;

/** A model cannot be built as asked, or a model file cannot be used. */
public final class ModelException extends RuntimeException {

  /** The message names the model or layer, what was met, and what would do. */
  public ModelException(String message) {
    super(message);
  }

  /** As above, for a problem that another exception reported first. */
  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
