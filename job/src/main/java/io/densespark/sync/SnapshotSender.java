package io.densespark.sync;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings a slot's copies of its state to the driver while training goes on, one at a time. */
final class SnapshotSender implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotSender.class);

  private final DriverLink driver;
  private final int slots;
  private final Duration timeout;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          new BasicThreadFactory.Builder().namingPattern("snapshot").daemon(true).build());
  private volatile boolean idle = true;

  /**
   * @param slots how many slots send a part
   * @param timeout how long the end waits for what is under way
   */
  SnapshotSender(DriverLink driver, int slots, Duration timeout) {
    this.driver = driver;
    this.slots = slots;
    this.timeout = timeout;
  }

  /** Whether the last snapshot has arrived. */
  boolean idle() {
    return idle;
  }

  /** Sends a snapshot in the background; the one before must have arrived. */
  void send(int stepInEpoch, SlotSnapshot snapshot) {
    idle = false;
    thread.execute(
        () -> {
          try {
            driver.send(snapshot, slots, stepInEpoch);
          } catch (RuntimeException e) {
            LOG.warn("the state after step {} did not reach the driver", stepInEpoch, e);
          } finally {
            idle = true;
          }
        });
  }

  /** Waits for what is under way. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
