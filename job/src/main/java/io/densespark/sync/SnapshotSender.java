package io.densespark.sync;

import io.densespark.sync.collective.RunSecret;
import io.densespark.sync.collective.SnapshotChunk;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.apache.spark.SparkEnv;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcTimeout;
import org.apache.spark.util.RpcUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.concurrent.duration.FiniteDuration;
import scala.reflect.ClassTag$;

/**
 * Brings a slot's copies of its state to the driver while training goes on, one at a time, in
 * pieces that each wait for their answer: the way is shared with Spark's heartbeats.
 */
final class SnapshotSender implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotSender.class);
  private static final int CHUNK_BYTES = 1 << 20;

  private final EpochWork work;
  private final int stageAttempt;
  private final int slot;
  private final int slots;
  private final RunSecret secret;
  private final RpcEndpointRef driver;
  private final RpcTimeout limit;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          new BasicThreadFactory.Builder().namingPattern("snapshot").daemon(true).build());
  private volatile boolean idle = true;

  /**
   * @param slots how many slots send a part
   */
  SnapshotSender(EpochWork work, int stageAttempt, int slot, int slots) {
    this.work = work;
    this.stageAttempt = stageAttempt;
    this.slot = slot;
    this.slots = slots;
    this.secret = RunSecret.decode(work.secret());
    SparkEnv env = SparkEnv.get();
    this.driver = RpcUtils.makeDriverRef(SnapshotDesk.nameOf(work.job()), env.conf(), env.rpcEnv());
    this.limit =
        new RpcTimeout(
            new FiniteDuration(work.timeout().toMillis(), TimeUnit.MILLISECONDS), "sync.timeout");
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
            transmit(stepInEpoch, snapshot.toBytes());
          } catch (RuntimeException e) {
            LOG.warn(
                "slot {}: the state after step {} of the epoch did not reach the driver",
                slot,
                stepInEpoch,
                e);
          } finally {
            idle = true;
          }
        });
  }

  private void transmit(int stepInEpoch, byte[] state) {
    for (int offset = 0; offset < state.length; offset += CHUNK_BYTES) {
      byte[] piece =
          Arrays.copyOfRange(state, offset, Math.min(state.length, offset + CHUNK_BYTES));
      byte[] message =
          new SnapshotChunk(
                  work.attempt(),
                  stageAttempt,
                  slot,
                  slots,
                  stepInEpoch,
                  state.length,
                  offset,
                  piece)
              .seal(secret, work.job());
      driver.askSync(message, limit, ClassTag$.MODULE$.apply(byte[].class));
    }
  }

  /** Waits for what is under way, as long as for another replica. */
  @Override
  public void close() {
    thread.shutdown();
    Duration patience = work.timeout();
    try {
      if (!thread.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
