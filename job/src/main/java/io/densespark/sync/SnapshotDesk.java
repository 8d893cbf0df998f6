package io.densespark.sync;

import io.densespark.sync.collective.RunSecret;
import io.densespark.sync.collective.SnapshotChunk;
import io.densespark.train.ThresholdState;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.rpc.RpcCallContext;
import org.apache.spark.rpc.ThreadSafeRpcEndpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the driver receives the parts of snapshots. A snapshot is handed over when every part of it
 * is there; one that a later attempt or step overtakes is dropped.
 */
final class SnapshotDesk extends JobEndpoint implements ThreadSafeRpcEndpoint {

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotDesk.class);
  private static final byte[] TAKEN = {1};

  /** Which snapshot a piece belongs to, the later the greater. */
  private record Key(int attempt, int stageAttempt, int stepInEpoch) {
    static final Comparator<Key> LATER =
        Comparator.comparingInt(Key::attempt)
            .thenComparingInt(Key::stageAttempt)
            .thenComparingInt(Key::stepInEpoch);
  }

  private final SnapshotKeeper keeper;
  private Key current = new Key(0, 0, 0);
  private byte[][] bytes;
  private int[] received;

  private SnapshotDesk(RunSecret secret, String job, SnapshotKeeper keeper) {
    super(secret, job);
    this.keeper = keeper;
  }

  /** Opens the desk of a job; slots find it under {@link #nameOf}. */
  static SnapshotDesk open(RunSecret secret, String job, SnapshotKeeper keeper) {
    SnapshotDesk desk = new SnapshotDesk(secret, job, keeper);
    desk.openAs(nameOf(job));
    return desk;
  }

  /** The endpoint's name for a job. */
  static String nameOf(String job) {
    return nameOf("snapshots", job);
  }

  @Override
  void hear(byte[] sealed, RpcCallContext context) {
    SnapshotChunk chunk = SnapshotChunk.open(secret, job, sealed);
    if (chunk == null) {
      LOG.warn("refused a piece of a snapshot that does not know the run's secret");
      refuse(context);
      return;
    }
    take(chunk);
    if (context != null) {
      context.reply(TAKEN);
    }
  }

  private void take(SnapshotChunk chunk) {
    Key key = new Key(chunk.attempt(), chunk.stageAttempt(), chunk.stepInEpoch());
    int order = Key.LATER.compare(key, current);
    boolean over = order == 0 && bytes == null;
    if (order < 0 || over || chunk.slot() >= chunk.slots()) {
      return;
    }
    if (order > 0) {
      current = key;
      bytes = new byte[chunk.slots()][];
      received = new int[chunk.slots()];
    }
    int slot = chunk.slot();
    if (bytes[slot] == null) {
      bytes[slot] = new byte[chunk.total()];
    }
    System.arraycopy(chunk.bytes(), 0, bytes[slot], chunk.offset(), chunk.bytes().length);
    received[slot] += chunk.bytes().length;
    if (isWhole()) {
      List<SlotSnapshot> all = Arrays.stream(bytes).map(SlotSnapshot::of).toList();
      bytes = null;
      hand(all);
    }
  }

  private boolean isWhole() {
    for (int slot = 0; slot < bytes.length; slot++) {
      if (bytes[slot] == null || received[slot] < bytes[slot].length) {
        return false;
      }
    }
    return true;
  }

  private void hand(List<SlotSnapshot> all) {
    TrainingState state = all.get(0).state();
    List<ThresholdState> residuals =
        all.stream().flatMap(slot -> slot.residuals().stream()).toList();
    long pauseNanos = all.stream().mapToLong(SlotSnapshot::pauseNanos).max().orElseThrow();
    keeper.keep(state.with(residuals, state.steps()), Duration.ofNanos(pauseNanos));
  }
}
