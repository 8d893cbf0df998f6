package io.densespark.sync;

import io.densespark.sync.collective.RunSecret;
import io.densespark.sync.collective.SnapshotChunk;
import io.densespark.train.ThresholdState;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
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

  private final int parts;
  private final SnapshotKeeper keeper;
  private Key current = new Key(0, 0, 0);
  private byte[][] bytes;
  private int[] received;

  private SnapshotDesk(RunSecret secret, String job, int parts, SnapshotKeeper keeper) {
    super(secret, job);
    this.parts = parts;
    this.keeper = keeper;
  }

  /**
   * Opens the desk of a job; replicas find it under {@link #nameOf}.
   *
   * @param parts ranks that send a part, from rank 0
   */
  static SnapshotDesk open(RunSecret secret, String job, int parts, SnapshotKeeper keeper) {
    SnapshotDesk desk = new SnapshotDesk(secret, job, parts, keeper);
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
    if (order < 0 || over || chunk.rank() >= parts) {
      return;
    }
    if (order > 0) {
      current = key;
      bytes = new byte[parts][];
      received = new int[parts];
    }
    int rank = chunk.rank();
    if (bytes[rank] == null) {
      bytes[rank] = new byte[chunk.total()];
    }
    System.arraycopy(chunk.bytes(), 0, bytes[rank], chunk.offset(), chunk.bytes().length);
    received[rank] += chunk.bytes().length;
    if (isWhole()) {
      List<RankSnapshot> all = Arrays.stream(bytes).map(RankSnapshot::of).toList();
      bytes = null;
      hand(all);
    }
  }

  private boolean isWhole() {
    for (int rank = 0; rank < parts; rank++) {
      if (bytes[rank] == null || received[rank] < bytes[rank].length) {
        return false;
      }
    }
    return true;
  }

  private void hand(List<RankSnapshot> all) {
    TrainingState state = all.get(0).state();
    List<ThresholdState> residuals =
        all.stream().map(RankSnapshot::residual).filter(Objects::nonNull).toList();
    long pauseNanos = all.stream().mapToLong(RankSnapshot::pauseNanos).max().orElseThrow();
    keeper.keep(state.with(residuals, state.steps()), Duration.ofNanos(pauseNanos));
  }
}
