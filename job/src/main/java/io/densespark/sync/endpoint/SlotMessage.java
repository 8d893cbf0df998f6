package io.densespark.sync.endpoint;

import io.densespark.sync.SlotPlace;
import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.RankRange;
import io.densespark.text.Text;
import io.densespark.train.StepMetrics;
import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the slots and the driver of a job tell each other, see {@link DriverEndpoint}. Messages
 * travel with a tag over the job's name and themselves, which nobody can make who does not know the
 * run's secret.
 */
public sealed interface SlotMessage extends Serializable
    permits SlotMessage.Heartbeat,
        SlotMessage.Ready,
        SlotMessage.Failed,
        SlotMessage.Steps,
        SlotMessage.StatePiece,
        SlotMessage.Heard,
        RendezvousAnswer {

  /** The slot is alive, and prepares itself. */
  record Heartbeat(int attempt, SlotPlace place) implements SlotMessage {}

  /**
   * The slot is ready to meet the others; the answer is a {@link RendezvousAnswer}.
   *
   * @param address where the others reach it
   */
  record Ready(Heartbeat heartbeat, PeerAddress address) implements SlotMessage {}

  /**
   * The slot's last words before its task fails, so that nobody has to read Spark's text.
   *
   * @param from which slot, where, in which attempt
   * @param ranks that it computes
   * @param phase what it was about
   * @param kind what it met
   * @param slots those that it waited for, lost, or disagreed with
   * @param message of what it met
   */
  record Failed(
      Heartbeat from, RankRange ranks, Phase phase, Kind kind, List<Integer> slots, String message)
      implements SlotMessage {

    /** What a slot is about, one after another. */
    enum Phase {
      PREPARING,
      MEETING,
      TRAINING
    }

    /** What a slot met; of several, the later one in this list explains the others. */
    public enum Kind {
      /** Others went, or gave up. */
      LOST,
      /** A shard's block is nowhere. */
      MISSING_SHARD,
      /** Others did not answer in time. */
      TIMEOUT,
      /** Slots are at different steps, or of different versions: repeating does not help. */
      MISMATCH,
      /** A rank's computation threw: it would throw again, as the same step has the same bits. */
      ERROR;

      public boolean mayBeRepeated() {
        return this != MISMATCH && this != ERROR;
      }
    }

    /** What a user is told of it: of what slots do together, the message names who and where. */
    public String describe() {
      return kind == Kind.ERROR
          ? Text.format("%s on %s failed %s", ranks, from.place().host(), message)
          : message;
    }

    /** What the failure of a collective is. */
    public static Kind kindOf(CollectiveException failure) {
      return switch (failure.reason()) {
        case TIMEOUT -> Kind.TIMEOUT;
        case MISMATCH -> Kind.MISMATCH;
        case PEER_LOST, INTERRUPTED, ABORTED -> Kind.LOST;
      };
    }

    /** The slots that it concerns. */
    public static List<Integer> slotsOf(CollectiveException failure, Placement placement) {
      return IntStream.range(0, placement.slots())
          .filter(slot -> failure.ranks().contains(placement.ranksOfSlot(slot).from()))
          .boxed()
          .toList();
    }
  }

  /** Steps that slot 0 has done, in order. */
  record Steps(List<StepMetrics> steps) implements SlotMessage {}

  /**
   * A piece of a slot's part of the state.
   *
   * @param slots how many slots send a part
   * @param stepInEpoch steps done of the epoch under way: names the state within its attempt
   * @param total bytes of the slot's whole part
   * @param offset where this piece belongs
   */
  record StatePiece(
      int attempt, int slot, int slots, int stepInEpoch, int total, int offset, byte[] bytes)
      implements SlotMessage {}

  /**
   * The driver has heard a message.
   *
   * @param stateWanted whether a state is wanted, whatever the policy says; in answer to steps
   */
  record Heard(boolean stateWanted) implements SlotMessage {}
}
