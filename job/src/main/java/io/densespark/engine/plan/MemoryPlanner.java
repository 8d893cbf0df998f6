package io.densespark.engine.plan;

import io.densespark.engine.plan.Program.Buffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives buffers their offsets in one arena so that buffers alive at the same time never share
 * bytes.
 *
 * <p>Greedy by size: buffers are placed largest first, each into the lowest gap that fits between
 * those already placed whose lifetimes overlap its own (Pisarchyk and Lee, "Efficient memory
 * management for deep neural net inference", 2020).
 */
public final class MemoryPlanner {
  /** Every offset is a multiple of this: a cache line. */
  public static final long ALIGNMENT_BYTES = 64;

  private MemoryPlanner() {}

  /**
   * A buffer's needs.
   *
   * @param id any number that tells it from others
   * @param bytes its size, at least 0
   * @param first index of the first instruction that touches it
   * @param last index of the last
   */
  public record Demand(int id, long bytes, int first, int last) {
    public Demand {
      if (bytes < 0 || first < 0 || last < first) {
        throw new IllegalArgumentException(
            "buffer " + id + ": " + bytes + " bytes, alive from " + first + " to " + last);
      }
    }

    boolean meets(Demand other) {
      return first <= other.last && other.first <= last;
    }
  }

  /**
   * Where everything goes.
   *
   * @param offsetBytes offset of each buffer
   * @param arenaBytes size of the arena
   */
  public record Layout(Map<Integer, Long> offsetBytes, long arenaBytes) {}

  private record Placed(Demand demand, long offset) {
    long end() {
      return offset + aligned(demand.bytes());
    }
  }

  /**
   * The buffers of a program that keep their contents, alive from first to last.
   *
   * @param bytes size of each buffer, those the library decides included
   */
  public static List<Demand> pinned(Program program, Map<Integer, Long> bytes) {
    return program.buffers().stream()
        .filter(Buffer::pinned)
        .map(b -> new Demand(b.id(), bytes.get(b.id()), 0, 0))
        .toList();
  }

  /**
   * The other buffers that instructions touch, alive from the first of these to the last.
   *
   * @param bytes size of each buffer, those the library decides included
   */
  public static List<Demand> transients(Program program, Map<Integer, Long> bytes) {
    Map<Integer, Integer> first = new HashMap<>();
    Map<Integer, Integer> last = new HashMap<>();
    for (int i = 0; i < program.instructions().size(); i++) {
      for (int buffer : program.instructions().get(i).buffers()) {
        first.putIfAbsent(buffer, i);
        last.put(buffer, i);
      }
    }
    return program.buffers().stream()
        .filter(b -> !b.pinned() && first.containsKey(b.id()))
        .map(b -> new Demand(b.id(), bytes.get(b.id()), first.get(b.id()), last.get(b.id())))
        .toList();
  }

  /** Places buffers with reuse. */
  public static Layout plan(List<Demand> demands) {
    List<Placed> placed = new ArrayList<>();
    Map<Integer, Long> offsets = new HashMap<>();
    long arenaBytes = 0;
    for (Demand demand : largestFirst(demands)) {
      Placed next = new Placed(demand, lowestGap(demand, placed));
      placed.add(next);
      offsets.put(demand.id(), next.offset());
      arenaBytes = Math.max(arenaBytes, next.end());
    }
    return new Layout(Map.copyOf(offsets), arenaBytes);
  }

  /** Places buffers one behind the other, each with bytes of its own. */
  public static Layout planWithoutReuse(List<Demand> demands) {
    Map<Integer, Long> offsets = new HashMap<>();
    long arenaBytes = 0;
    for (Demand demand : demands) {
      offsets.put(demand.id(), arenaBytes);
      arenaBytes += aligned(demand.bytes());
    }
    return new Layout(Map.copyOf(offsets), arenaBytes);
  }

  private static List<Demand> largestFirst(List<Demand> demands) {
    return demands.stream()
        .sorted(
            Comparator.comparingLong(Demand::bytes)
                .reversed()
                .thenComparingInt(Demand::first)
                .thenComparingInt(Demand::id))
        .toList();
  }

  private static long lowestGap(Demand demand, List<Placed> placed) {
    long offset = 0;
    List<Placed> contemporaries =
        placed.stream()
            .filter(other -> other.demand().meets(demand))
            .sorted(Comparator.comparingLong(Placed::offset))
            .toList();
    for (Placed other : contemporaries) {
      if (offset + aligned(demand.bytes()) <= other.offset()) {
        break;
      }
      offset = Math.max(offset, other.end());
    }
    return offset;
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
  }
}
