package io.densespark.sync.rank;

import io.densespark.sync.collective.Collective;
import io.densespark.sync.endpoint.JavaBytes;
import io.densespark.train.TrainingState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** How the slots of an attempt come to the state that they go on from. */
public final class CommonState {

  private CommonState() {}

  /**
   * Puts all replicas in the newest state that any slot can vouch for: that of the lowest such
   * slot.
   *
   * @param start the newest state that the driver has, or the one that the epoch begins with
   * @return its step in the epoch
   */
  public static int takeOver(
      EpochWork work, TrainingState start, ReplicaSlot slot, Collective collective) {
    // What a rank has of its own may be lost with its slot: the driver has copies of all.
    int known = work.keepsRankStates() ? -1 : slot.consistentSteps(work.job());
    List<Integer> vouched = gather(collective, known);
    int newest = start.stepInEpoch();
    int source = -1;
    for (int one = 0; one < vouched.size(); one++) {
      if (vouched.get(one) > newest) {
        newest = vouched.get(one);
        source = one;
      }
    }
    slot.begin(work.job(), source < 0 ? start : stateOf(source, slot, collective));
    return newest;
  }

  private static TrainingState stateOf(int source, ReplicaSlot slot, Collective collective) {
    byte[] mine =
        source == collective.slot()
            ? JavaBytes.of(slot.consistentState().with(List.of(), slot.steps()))
            : new byte[0];
    TrainingState[] state = new TrainingState[1];
    collective.allGather(
        ByteBuffer.wrap(mine),
        Integer.MAX_VALUE - Integer.BYTES,
        (one, bytes) -> {
          if (one == source) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            state[0] = JavaBytes.read(copy, TrainingState.class);
          }
        });
    return state[0];
  }

  /** The numbers of all slots, one slot's after another's. */
  public static List<Integer> gather(Collective collective, int... mine) {
    List<Integer> all = new ArrayList<>();
    ByteBuffer bytes = ByteBuffer.allocate(mine.length * Integer.BYTES);
    bytes.asIntBuffer().put(mine);
    for (byte[] one : collective.allGather(bytes.array())) {
      ByteBuffer theirs = ByteBuffer.wrap(one);
      while (theirs.hasRemaining()) {
        all.add(theirs.getInt());
      }
    }
    return all;
  }
}
