package io.densespark.checkpoint;

import io.densespark.text.Text;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;

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

  /** A checkpoint on its way. */
  private final class Upload implements Runnable {
    private final Checkpoint checkpoint;

    Upload(Checkpoint checkpoint) {
      this.checkpoint = checkpoint;
    }

    @Override
    public void run() {
      try {
        long began = System.nanoTime();
        checkpoints.save(checkpoint);
        listener.onSaved(checkpoint, Duration.ofNanos(System.nanoTime() - began));
      } catch (RuntimeException | Error e) {
        CheckpointException thrown =
            new CheckpointException(
                Text.format(
                    "The checkpoint of step %d was not saved: %s. The earlier ones are kept",
                    checkpoint.state().step(), e.getMessage()),
                e);
        failure.set(thrown);
        listener.onFailed(thrown);
      }
    }
  }

  private final CheckpointStore checkpoints;
  private final Duration closeLimit;
  private final UploadListener listener;
  private final ThreadPoolExecutor uploads =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(1),
          new BasicThreadFactory.Builder().namingPattern("checkpoint-upload").daemon(true).build());
  private final AtomicReference<CheckpointException> failure = new AtomicReference<>();

  /**
   * @param closeLimit longest time that {@link #close} waits for uploads to finish
   */
  public BackgroundCheckpointer(
      CheckpointStore checkpoints, Duration closeLimit, UploadListener listener) {
    this.checkpoints = checkpoints;
    this.closeLimit = closeLimit;
    this.listener = listener;
    // The thread takes its work from the queue, into which states are put past the executor.
    uploads.prestartCoreThread();
  }

  /**
   * Takes over a state that nobody changes any more and has it saved. Waits for room while an
   * evaluated one waits.
   *
   * @throws CheckpointException if an earlier save failed; this state is saved nevertheless
   * @throws IllegalStateException if this is closed, perhaps while it waited
   */
  public void save(Checkpoint next) {
    CheckpointException earlier = failure.getAndSet(null);
    Upload upload = new Upload(next);
    makeRoom();
    try {
      uploads.getQueue().put(upload);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    if (isRefused(upload)) {
      throw new IllegalStateException("The checkpointer is closed");
    }
    throwIfAny(earlier);
  }

  /**
   * As {@link #save}, but never waits.
   *
   * @return false if there was no room, as an evaluated state waits, or this is closed
   */
  public boolean offer(Checkpoint next) {
    Upload upload = new Upload(next);
    makeRoom();
    return uploads.getQueue().offer(upload) && !isRefused(upload);
  }

  /** Whether it was entered after the close, when nobody need take it any more; taken out then. */
  private boolean isRefused(Upload entered) {
    return uploads.isShutdown() && uploads.getQueue().remove(entered);
  }

  private void makeRoom() {
    uploads.getQueue().removeIf(waiting -> !((Upload) waiting).checkpoint.evaluated());
  }

  /**
   * Waits for everything handed over to be saved.
   *
   * @throws CheckpointException if a save failed or does not finish within the limit
   */
  @Override
  public void close() {
    uploads.shutdown();
    try {
      if (!uploads.awaitTermination(closeLimit.toMillis(), TimeUnit.MILLISECONDS)) {
        uploads.shutdownNow();
        throw new CheckpointException(
            Text.format(
                "The last checkpoint was not saved within %d s. The earlier ones are kept; resume from them, or check the store",
                closeLimit.toSeconds()));
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    throwIfAny(failure.getAndSet(null));
  }

  private static void throwIfAny(CheckpointException failure) {
    if (failure != null) {
      throw failure;
    }
  }

  private static CheckpointException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new CheckpointException("Interrupted while waiting for a checkpoint to be saved", e);
  }
}
