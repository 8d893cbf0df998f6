package io.densespark.job;

import java.util.concurrent.TimeUnit;
import org.apache.hadoop.util.ShutdownHookManager;

/**
 * What is to be done if the process is told to end before this is closed. One after another, those
 * opened last first, and all of them before Spark's own, which stop its executors: until then
 * training goes on.
 */
public final class ShutdownHook implements AutoCloseable {

  /** Above that of Spark's hook, which is 30 more than that of Hadoop's file systems. */
  private static final int PRIORITY = 100;

  /** Hadoop interrupts a hook that takes longer; whoever ends processes has less patience. */
  private static final int LIMIT_MINUTES = 10;

  private static int opened;

  private final Runnable action;

  /**
   * @throws IllegalStateException if the process is ending already
   */
  public ShutdownHook(Runnable action) {
    this.action = action;
    ShutdownHookManager.get()
        .addShutdownHook(action, PRIORITY + next(), LIMIT_MINUTES, TimeUnit.MINUTES);
  }

  private static synchronized int next() {
    return ++opened;
  }

  @Override
  public void close() {
    try {
      ShutdownHookManager.get().removeShutdownHook(action);
    } catch (IllegalStateException e) {
      // The process is ending; the hook sees for itself what is left to do.
    }
  }
}
