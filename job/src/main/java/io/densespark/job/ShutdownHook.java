package io.densespark.job;

/** What is to be done if the process is told to end before this is closed. */
public final class ShutdownHook implements AutoCloseable {

  private final Thread thread;

  /**
   * @throws IllegalStateException if the process is ending already
   */
  public ShutdownHook(String name, Runnable action) {
    thread = new Thread(action, name);
    Runtime.getRuntime().addShutdownHook(thread);
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException e) {
      // The process is ending; the hook sees for itself what is left to do.
    }
  }
}
