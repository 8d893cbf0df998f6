package io.densespark.checkpoint;

import java.time.Duration;
import java.util.Optional;

/**
 * Saves checkpoints on a thread of its own, so that training goes on.
 *
 * <p>At most one state waits while another is uploaded. A newer one takes its place, unless it was
 * evaluated and so may be the best: then the caller waits for room. An upload that failed is
 * reported to the listener at once and by the next call, once; training may go on, as the earlier
 * checkpoints are untouched.
 */
public final class BackgroundCheckpointer implements AutoCloseable {

  /** Told of uploads, on the thread that does them. */
  public interface UploadListener {
    /** A state is safe. */
    void onSaved(Checkpoint saved, Duration took);

    /** A state was not saved. */
    void onFailed(CheckpointException failure);
  }

  private final CheckpointStore checkpoints;
  private final Duration closeLimit;
  private final UploadListener listener;
  private final Thread thread;
  private Checkpoint waiting;
  private boolean uploading;
  private boolean closed;
  private CheckpointException failure;

  /**
   * @param closeLimit longest time that {@link #close} waits for uploads to finish
   */
  public BackgroundCheckpointer(
      CheckpointStore checkpoints, Duration closeLimit, UploadListener listener) {
    this.checkpoints = checkpoints;
    this.closeLimit = closeLimit;
    this.listener = listener;
    this.thread = new Thread(this::run, "checkpoint-upload");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Takes over a state that nobody changes any more and has it saved. Waits for room while an
   * evaluated one waits.
   *
   * @throws CheckpointException if an earlier save failed; this state is saved nevertheless
   */
  public synchronized void save(Checkpoint next) {
    if (closed) {
      throw new IllegalStateException("The checkpointer is closed");
    }
    while (!hasRoom()) {
      await(0);
    }
    waiting = next;
    notifyAll();
    throwFailure();
  }

  /**
   * As {@link #save}, but never waits.
   *
   * @return false if there was no room, as an evaluated state waits
   */
  public synchronized boolean offer(Checkpoint next) {
    if (closed || !hasRoom()) {
      return false;
    }
    waiting = next;
    notifyAll();
    return true;
  }

  private boolean hasRoom() {
    return waiting == null || !waiting.evaluated();
  }

  /**
   * Waits for everything handed over to be saved.
   *
   * @throws CheckpointException if a save failed or does not finish within the limit
   */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
    long deadline = System.nanoTime() + closeLimit.toNanos();
    while (waiting != null || uploading) {
      long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0) {
        thread.interrupt();
        throw new CheckpointException(
            "The last checkpoint was not saved within %d s. The earlier ones are kept; resume from them, or check the store"
                .formatted(closeLimit.toSeconds()));
      }
      await(leftMillis);
    }
    throwFailure();
  }

  private void run() {
    while (true) {
      Checkpoint next;
      synchronized (this) {
        while (waiting == null) {
          if (closed) {
            return;
          }
          try {
            wait();
          } catch (InterruptedException e) {
            return;
          }
        }
        next = waiting;
        waiting = null;
        uploading = true;
        notifyAll();
      }
      Optional<CheckpointException> thrown = upload(next);
      synchronized (this) {
        uploading = false;
        thrown.ifPresent(reason -> failure = reason);
        notifyAll();
      }
      thrown.ifPresent(listener::onFailed);
    }
  }

  private Optional<CheckpointException> upload(Checkpoint next) {
    try {
      long began = System.nanoTime();
      checkpoints.save(next);
      listener.onSaved(next, Duration.ofNanos(System.nanoTime() - began));
      return Optional.empty();
    } catch (RuntimeException | Error e) {
      return Optional.of(
          new CheckpointException(
              "The checkpoint of step %d was not saved: %s. The earlier ones are kept"
                  .formatted(next.state().step(), e.getMessage()),
              e));
    }
  }

  private void throwFailure() {
    if (failure != null) {
      CheckpointException thrown = failure;
      failure = null;
      throw thrown;
    }
  }

  private void await(long millis) {
    try {
      wait(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CheckpointException("Interrupted while waiting for a checkpoint to be saved", e);
    }
  }
}
