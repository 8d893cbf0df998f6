package io.densespark.sync.collective;

import io.densespark.sync.links.CollectiveException;
import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.links.FrameKind;
import io.densespark.sync.links.PeerLink;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Operation;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.RankRange;
import io.densespark.sync.tree.TileCodec;
import io.densespark.sync.tree.TreeSum;
import io.densespark.sync.tree.WirePrecision;
import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * What the slots of one run do together, for their ranks. Every slot calls the same operations in
 * the same order with the same lengths; one that does not is told so, and so are the others.
 *
 * <p><b>Exactness.</b> Sums go along the tree of {@link RankRange}, element by element as {@link
 * TreeSum} says, whatever arrived first and whichever slots and executors hold the ranks. After an
 * operation all slots hold the same bits.
 *
 * <p><b>Failure.</b> No wait for another slot or executor is longer than the timeout of the group.
 * An operation that fails throws a {@link CollectiveException}; the collective is then broken for
 * good, the other slots are told, and the values passed to the failed operation are undefined. An
 * interrupt of the calling thread fails the operation, too, and stays set.
 *
 * <p>One thread at a time may call operations; {@link #close} and {@link #stats} are for any
 * thread. A buffer's values are those between its position and its limit, neither of which moves.
 *
 * @implNote A gradient's way: {@code Replica} computes it, {@code GradientSharing} goes through the
 *     ranks of a step, {@link DenseExchange} adds those of a slot, {@link ExecutorGroup} is where
 *     slots of a JVM show them to each other, {@link TreeSum} adds them tile by tile, {@link
 *     Exchange} sends an executor's sums as frames over {@link PeerLink}s, and {@code Replica}
 *     applies what comes back.
 */
public final class Collective implements AutoCloseable {

  /** Longest payload of one slot in {@link #allGather(byte[])}. */
  public static final int MAX_GATHERED_BYTES = 1 << 20;

  private final ExecutorGroup group;
  private final SlotBarrier barrier;
  private final Placement placement;
  private final int slot;
  private final int share;
  private final TreeSum tree;
  private final float[] tile = new float[TileCodec.TILE_VALUES];
  private final SlotOperations operations;
  private long step;

  Collective(ExecutorGroup group, int slot) {
    this.group = group;
    this.barrier = group.barrier();
    this.placement = group.placement();
    this.slot = slot;
    this.share = slot - group.firstSlot();
    this.tree = new TreeSum(placement.worldSize());
    this.operations = new SlotOperations(group, slot);
  }

  /** Who computes what. */
  public Placement placement() {
    return placement;
  }

  /** Number of this slot, from 0. */
  public int slot() {
    return slot;
  }

  /** The ranks of this slot. */
  public RankRange ranks() {
    return placement.ranksOfSlot(slot);
  }

  /**
   * Names the step that the next operations belong to. Slots at different steps are an error, and
   * messages name the step; before the first call it is 0.
   */
  public void beginStep(long nextStep) {
    step = nextStep;
  }

  /**
   * Sums over all ranks.
   *
   * @param parts the sums of this slot's ranks, as {@link DenseExchange} makes them
   * @param total receives the sum; may be the buffer of a part
   * @return the sums of the companions, along the same tree
   */
  public Companions sum(List<Part> parts, FloatBuffer total, WirePrecision precision) {
    return reduce(Operation.of(precision), parts, total);
  }

  /**
   * Averages over all ranks.
   *
   * @param ranks values of each of this slot's ranks, the first companion being the weight: a count
   *     of examples, 0 or more
   * @param mean receives the mean; may be the buffer of a part
   * @throws RuntimeException on every slot, when all weights are 0
   */
  public void mean(List<Part> ranks, FloatBuffer mean) {
    for (Part part : ranks) {
      if (part.companions().first() < 0 || part.ranks().size() > 1) {
        throw new IllegalArgumentException(
            Text.format(
                "%s with weight %s: single ranks are averaged, with counts of examples, 0 or more",
                part.ranks(), part.companions().first()));
      }
    }
    reduce(Operation.MEAN, ranks, mean);
  }

  private Companions reduce(Operation operation, List<Part> parts, FloatBuffer target) {
    for (Part part : parts) {
      if (part.values().remaining() != target.remaining()) {
        throw new IllegalArgumentException(
            Text.format(
                "%s with %d values, the result has %d: lengths must be equal",
                part.ranks(), part.values().remaining(), target.remaining()));
      }
    }
    FrameHeader header = header(operation, target.remaining());
    Companions[] sums = new Companions[1];
    operations.run(
        header,
        () -> {
          group.open(slot, new ExecutorGroup.Opened(header, parts, target, null));
          sums[0] = group.exchange() == null ? addUp(header) : exchange(header, target);
        });
    return sums[0];
  }

  /** Between two waits nobody else reads or writes this slot's share of anybody's values. */
  private Companions addUp(FrameHeader header) {
    RankRange all = RankRange.all(placement.worldSize());
    List<Part> parts = group.parts();
    Companions companions = TreeSum.totals(header.operation(), all, parts);
    for (int at = share * tile.length; at < header.values(); at += group.size() * tile.length) {
      int count = Math.min(tile.length, header.values() - at);
      float[] sums = tree.result(header.operation(), all, parts, companions, at, count);
      for (int other = group.firstSlot(); other < group.firstSlot() + group.size(); other++) {
        FloatBuffer target = group.opened(other).target();
        target.put(target.position() + at, sums, 0, count);
      }
    }
    barrier.await(slot, header, 1);
    return companions;
  }

  /** The slots encode and decode, the first of them exchanges with the other executors. */
  private Companions exchange(FrameHeader header, FloatBuffer target) {
    Exchange exchange = group.exchange();
    exchange.encode(tree, group.parts(), share, group.size());
    barrier.await(slot, header, 1);
    if (share == 0) {
      operations.overLinks(() -> exchange.reduce(group.timeoutNanos()));
    }
    barrier.await(slot, header, 2);
    exchange.decode(tree, target, tile);
    return exchange.companions();
  }

  /** Returns when every slot has called it. */
  public void barrier() {
    gather(Operation.BARRIER, ByteBuffer.allocate(0), 0, (other, nothing) -> {});
  }

  /**
   * Everyone's bytes, by slot; each at most {@link #MAX_GATHERED_BYTES} long, and not of equal
   * length.
   */
  public byte[][] allGather(byte[] mine) {
    byte[][] gathered = new byte[placement.slots()][];
    allGather(
        ByteBuffer.wrap(mine),
        MAX_GATHERED_BYTES,
        (other, bytes) -> {
          gathered[other] = new byte[bytes.remaining()];
          bytes.get(gathered[other]);
        });
    return gathered;
  }

  /**
   * Shows everyone's bytes to everyone.
   *
   * @param maxBytes longest payload of any slot, the same on every slot
   * @param visitor is called once for each slot, in their order, this one included
   */
  public void allGather(ByteBuffer mine, int maxBytes, GatherVisitor visitor) {
    if (mine.remaining() > maxBytes) {
      throw new IllegalArgumentException(
          "all-gather of " + mine.remaining() + " bytes: at most " + maxBytes + " are allowed");
    }
    gather(Operation.GATHER, mine, maxBytes, visitor);
  }

  private void gather(Operation operation, ByteBuffer mine, int maxBytes, GatherVisitor visitor) {
    byte[] bytes = new byte[mine.remaining()];
    mine.get(mine.position(), bytes);
    // As many slots as the largest executor has, each with its length before it.
    int most = placement.slotsOfExecutor().stream().mapToInt(Integer::intValue).max().getAsInt();
    long limit = Math.min(Integer.MAX_VALUE, most * (maxBytes + (long) Integer.BYTES));
    FrameHeader header = header(operation, maxBytes);
    operations.run(
        header,
        () -> {
          group.open(slot, new ExecutorGroup.Opened(header, List.of(), null, bytes));
          Exchange exchange = group.exchange();
          if (exchange != null && share == 0) {
            operations.overLinks(
                () ->
                    exchange
                        .mesh()
                        .gather(
                            header, GatheredBytes.of(group), (int) limit, group.timeoutNanos()));
          }
          if (exchange != null) {
            barrier.await(slot, header, 2);
          }
          for (int executor = 0; executor < placement.executors(); executor++) {
            GatheredBytes.show(executor, group, visitor);
          }
          barrier.await(slot, header, 1);
        });
  }

  private FrameHeader header(Operation operation, int values) {
    return new FrameHeader(
        FrameKind.CONTRIBUTION,
        operation,
        group.executor(),
        0,
        step,
        operations.nextNumber(),
        values);
  }

  /** What the operations have cost so far; bytes are those of the whole executor. */
  public CollectiveStats stats() {
    return operations.stats();
  }

  /**
   * Leaves, and frees what is held. Slots that still wait for this one learn that it left. Does
   * nothing the second time.
   */
  @Override
  public void close() {
    operations.close();
  }

  /**
   * Receives the bytes of one slot; the buffer is little-endian, and valid during the call only.
   */
  @FunctionalInterface
  public interface GatherVisitor {
    void visit(int slot, ByteBuffer bytes);
  }
}
