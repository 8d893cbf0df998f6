package io.densespark.sync.endpoint;

import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.CollectiveException.Reason;
import io.densespark.sync.links.PeerAddress;
import io.densespark.sync.tree.Placement;
import io.densespark.text.Text;
import java.util.List;

/**
 * What the driver answers a slot that is ready.
 *
 * @param kind what is to be done
 * @param addresses of all slots, by slot, when all have come; else empty
 * @param slots whom a failure concerns
 * @param message of a failure, for people
 */
record RendezvousAnswer(Kind kind, List<PeerAddress> addresses, List<Integer> slots, String message)
    implements SlotMessage {

  /** What the slot is to do. */
  public enum Kind {
    /** Ask again: somebody is missing. */
    WAIT,
    /** Connect: everybody has come. */
    MET,
    /** Give up: a slot has been silent for too long. */
    LATE,
    /** Give up: this attempt is over, or the slot is taken. */
    REFUSED
  }

  RendezvousAnswer {
    addresses = List.copyOf(addresses);
    slots = List.copyOf(slots);
  }

  static RendezvousAnswer askAgain() {
    return new RendezvousAnswer(Kind.WAIT, List.of(), List.of(), "");
  }

  static RendezvousAnswer met(List<PeerAddress> addresses) {
    return new RendezvousAnswer(Kind.MET, addresses, List.of(), "");
  }

  static RendezvousAnswer late(List<Integer> slots, String message) {
    return new RendezvousAnswer(Kind.LATE, List.of(), slots, message);
  }

  static RendezvousAnswer refused(List<Integer> slots, String message) {
    return new RendezvousAnswer(Kind.REFUSED, List.of(), slots, message);
  }

  /** The failure that this answer means for a slot. */
  CollectiveException toException(Placement placement, int slot) {
    List<Integer> ranks =
        slots.stream()
            .filter(one -> one < placement.slots())
            .flatMap(one -> placement.ranksOfSlot(one).toList().stream())
            .toList();
    return kind == Kind.LATE
        ? new CollectiveException(Reason.TIMEOUT, ranks, message)
        : new CollectiveException(
            Reason.ABORTED, ranks, Text.format("slot %d was not let in: %s", slot, message));
  }

  /** The failure of a slot that the driver does not answer. */
  static CollectiveException unanswered(Placement placement, int slot, Throwable cause) {
    return new CollectiveException(
        Reason.TIMEOUT,
        placement.ranksOfSlot(slot).toList(),
        Text.format(
            "slot %d: the driver did not answer while the slots were to meet (%s); is"
                + " spark.driver.host reachable from that executor?",
            slot, cause.getMessage()),
        cause);
  }
}
