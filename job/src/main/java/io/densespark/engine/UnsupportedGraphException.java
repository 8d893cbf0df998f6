package io.densespark.engine;

/** A graph holds a layer, activation or setting that the chosen engine does not compute. */
public final class UnsupportedGraphException extends RuntimeException {

  /** The message names the layer, what is not supported about it, and what to use instead. */
  public UnsupportedGraphException(String message) {
    super(message);
  }
}
