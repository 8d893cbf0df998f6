package io.densespark.engine;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;

/**
 * A value that lives on a thread of its own, which created it and runs everything done with it.
 * Plans are bound to a thread; Spark runs a task on whichever thread is free.
 *
 * @param <T> what is confined
 */
public final class Confined<T extends AutoCloseable> implements AutoCloseable {

  private final ExecutorService thread;
  private final T value;

  /**
   * Creates the value on a new daemon thread.
   *
   * @throws InterruptedException when the caller is interrupted while it waits
   */
  public Confined(String threadName, Callable<T> creator) throws InterruptedException {
    this.thread =
        Executors.newSingleThreadExecutor(
            new BasicThreadFactory.Builder().namingPattern(threadName).daemon(true).build());
    try {
      this.value = await(thread.submit(creator));
    } catch (RuntimeException | Error | InterruptedException e) {
      thread.shutdownNow();
      throw e;
    }
  }

  /**
   * Runs work on the value's thread and waits for it. An interrupt of the caller interrupts the
   * work; unchecked exceptions of the work are thrown as they are.
   */
  public <R> R call(Function<T, R> work) throws InterruptedException {
    return await(thread.submit(() -> work.apply(value)));
  }

  private static <R> R await(Future<R> result) throws InterruptedException {
    try {
      return result.get();
    } catch (InterruptedException e) {
      result.cancel(true);
      throw e;
    } catch (CancellationException e) {
      throw new IllegalStateException("the work was cancelled", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Closes the value on its thread, after the work under way, and ends the thread. */
  @Override
  public void close() {
    thread.submit(
        () -> {
          value.close();
          return null;
        });
    thread.shutdown();
  }
}
