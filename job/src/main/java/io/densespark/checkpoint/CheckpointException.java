package io.densespark.checkpoint;

/** A checkpoint could not be kept, or there are some and none of them is whole. */
public final class CheckpointException extends RuntimeException {

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
