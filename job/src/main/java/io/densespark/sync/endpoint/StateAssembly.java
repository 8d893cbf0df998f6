package io.densespark.sync.endpoint;

import io.densespark.sync.SnapshotReceiver;
import io.densespark.sync.endpoint.SlotMessage.StatePiece;
import io.densespark.train.RankState;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Puts the pieces of states together, on the driver, and keeps the newest state that was whole: an
 * attempt that finds nobody with a newer one begins with it. One that a later attempt or step
 * overtakes before every slot's part of it is there is dropped.
 */
public final class StateAssembly {

  /** Which state a piece belongs to, the later the greater. */
  private record Key(int attempt, int stepInEpoch) {
    static final Comparator<Key> LATER =
        Comparator.comparingInt(Key::attempt).thenComparingInt(Key::stepInEpoch);
  }

  private final SnapshotReceiver receiver;
  private Key current = new Key(0, 0);
  private byte[][] bytes;
  private int[] received;
  private TrainingState newest;

  /**
   * @param start what the epoch begins with
   * @param receiver takes states that are to be saved; null: none are
   */
  public StateAssembly(TrainingState start, SnapshotReceiver receiver) {
    this.newest = start;
    this.receiver = receiver;
  }

  /** The newest whole state. */
  public synchronized TrainingState newest() {
    return newest;
  }

  /** Whether the receiver, where there is one, wants a state now. */
  boolean isWanted() {
    return receiver.isWanted();
  }

  /** Whether anybody takes states. */
  boolean isKept() {
    return receiver != null;
  }

  /** Takes a piece; returns whether a state was whole with it and is saved. */
  synchronized boolean take(StatePiece piece) {
    Key key = new Key(piece.attempt(), piece.stepInEpoch());
    int order = Key.LATER.compare(key, current);
    boolean over = order == 0 && bytes == null;
    if (order < 0 || over || piece.slot() >= piece.slots()) {
      return false;
    }
    if (order > 0) {
      current = key;
      bytes = new byte[piece.slots()][];
      received = new int[piece.slots()];
    }
    int slot = piece.slot();
    if (bytes[slot] == null) {
      bytes[slot] = new byte[piece.total()];
    }
    System.arraycopy(piece.bytes(), 0, bytes[slot], piece.offset(), piece.bytes().length);
    received[slot] += piece.bytes().length;
    if (isWhole()) {
      List<SlotSnapshot> all =
          Arrays.stream(bytes).map(part -> JavaBytes.read(part, SlotSnapshot.class)).toList();
      bytes = null;
      return hand(all);
    }
    return false;
  }

  private boolean isWhole() {
    for (int slot = 0; slot < bytes.length; slot++) {
      if (bytes[slot] == null || received[slot] < bytes[slot].length) {
        return false;
      }
    }
    return true;
  }

  private boolean hand(List<SlotSnapshot> all) {
    TrainingState state = all.get(0).state();
    List<RankState> rankStates = all.stream().flatMap(slot -> slot.rankStates().stream()).toList();
    newest = state.with(rankStates, state.steps());
    boolean saved = all.get(0).saved() && isKept();
    if (saved) {
      long pauseNanos = all.stream().mapToLong(SlotSnapshot::pauseNanos).max().orElseThrow();
      receiver.keep(newest, Duration.ofNanos(pauseNanos));
    }
    return saved;
  }
}
