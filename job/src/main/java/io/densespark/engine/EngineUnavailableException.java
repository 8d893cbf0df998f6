package io.densespark.engine;

/** An engine cannot run on this machine: its library does not load or the processor lacks it. */
public final class EngineUnavailableException extends RuntimeException {

  /** The message names the engine, the reason, and what to set instead. */
  public EngineUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
