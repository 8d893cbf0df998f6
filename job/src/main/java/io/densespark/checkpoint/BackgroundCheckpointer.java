package io.densespark.checkpoint;

import java.time.Duration;
import java.util.Optional;

/**
 * Saves checkpoints on a thread of its own. The caller only pays for a copy of the state.
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
    void onSaved(TrainingState state, Duration took);

    /** A state was not saved. */
    void onFailed(CheckpointException failure);
  }

  private record Waiting(TrainingState state, double accuracy) {}

  private final CheckpointStore checkpoints;
  private final Duration closeLimit;
  private final UploadListener listener;
  private final Thread thread;
  private Waiting waiting;
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
   * Copies the state and has it saved.
   *
   * @param accuracy test accuracy of these very parameters; NaN if they were not evaluated
   * @throws CheckpointException if an earlier save failed; this state is saved nevertheless
   */
  public void save(TrainingState state, double accuracy) {
    Waiting next = new Waiting(state.copy(), accuracy);
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("The checkpointer is closed");
      }
      while (waiting != null && !Double.isNaN(waiting.accuracy())) {
        await(0);
      }
      waiting = next;
      notifyAll();
      throwFailure();
    }
  }

  /**
   * Takes over a state that was not evaluated and that nobody changes any more. Never waits.
   *
   * @return false if there was no room, as an evaluated state waits
   */
  public synchronized boolean offer(TrainingState state) {
    if (closed || (waiting != null && !Double.isNaN(waiting.accuracy()))) {
      return false;
    }
    waiting = new Waiting(state, Double.NaN);
    notifyAll();
    return true;
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
      Waiting next;
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

  private Optional<CheckpointException> upload(Waiting next) {
    try {
      long began = System.nanoTime();
      checkpoints.save(next.state(), next.accuracy());
      listener.onSaved(next.state(), Duration.ofNanos(System.nanoTime() - began));
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
