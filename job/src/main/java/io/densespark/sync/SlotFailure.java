package io.densespark.sync;

import io.densespark.sync.collective.CollectiveException;
import io.densespark.sync.collective.Placement;
import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a slot tells the driver before its task fails, so that nobody has to read Spark's text.
 *
 * @param kind what it met
 * @param slots those that it waited for, lost, or disagreed with
 * @param message for people
 */
record SlotFailure(Kind kind, List<Integer> slots, String message) implements Serializable {

  /** What a slot met. */
  enum Kind {
    /** Others did not answer in time. */
    TIMEOUT,
    /** Others went, or gave up. */
    LOST,
    /** A shard's block is nowhere. */
    MISSING_SHARD,
    /** Slots are not at the same steps, or are of different versions: repeating does not help. */
    MISMATCH
  }

  SlotFailure {
    slots = List.copyOf(slots);
  }

  static SlotFailure of(CollectiveException failure, Placement placement) {
    Kind kind =
        switch (failure.reason()) {
          case TIMEOUT -> Kind.TIMEOUT;
          case MISMATCH -> Kind.MISMATCH;
          case PEER_LOST, INTERRUPTED, ABORTED -> Kind.LOST;
        };
    List<Integer> slots =
        IntStream.range(0, placement.slots())
            .filter(slot -> failure.ranks().contains(placement.ranksOfSlot(slot).from()))
            .boxed()
            .toList();
    return new SlotFailure(kind, slots, failure.getMessage());
  }
}
