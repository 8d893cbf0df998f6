package io.densespark.sync.collective;

import io.densespark.sync.collective.CollectiveException.Reason;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the slots of one run do together, for their ranks. Every slot calls the same operations in
 * the same order with the same lengths; one that does not is told so, and so are the others.
 *
 * <p><b>Exactness.</b> Sums go along the tree of {@link RankRange}, element by element as {@link
 * TreeSum} says, whatever arrived first and whichever slots and executors hold the ranks. After an
 * operation all slots hold the same bits.
 *
 * <p><b>Failure.</b> No operation waits longer than the timeout of the group. One that fails throws
 * a {@link CollectiveException}; the collective is then broken for good, the other slots are told,
 * and the values passed to the failed operation are undefined. An interrupt of the calling thread
 * fails the operation, too, and stays set.
 *
 * <p>One thread at a time may call operations; {@link #close}, {@link #abort} and {@link #stats}
 * are for any thread. A buffer's values are those between its position and its limit, neither of
 * which moves.
 *
 * @implNote A gradient's way: {@code Replica} computes it, {@link PartialSums} adds those of a
 *     slot's ranks, {@link ExecutorGroup} is where slots of a JVM show them to each other, {@link
 *     TreeSum} adds them tile by tile, {@link Exchange} sends an executor's sums as frames over the
 *     {@link PeerLink}s of its {@link Mesh}, and {@code Replica} applies what comes back.
 */
public final class Collective implements AutoCloseable {

  /** Longest payload of one slot in {@link #allGather(byte[])}. */
  public static final int MAX_GATHERED_BYTES = 1 << 20;

  private static final int MAX_PHASE_BYTES = 200;

  private final ExecutorGroup group;
  private final Placement placement;
  private final int slot;
  private final int share;
  private final TreeSum tree;
  private final float[] tile = new float[TileCodec.TILE_VALUES];
  private final ReentrantLock inUse = new ReentrantLock();
  private volatile CollectiveStats stats = CollectiveStats.NONE;
  private volatile boolean closed;
  private long step;
  private long sequence;
  private long waitNanos;

  Collective(ExecutorGroup group, int slot) {
    this.group = group;
    this.placement = group.placement();
    this.slot = slot;
    this.share = slot - group.firstSlot();
    this.tree = new TreeSum(placement.worldSize());
  }

  /** The collective of a run that one slot computes alone. */
  public static Collective single(int worldSize, java.time.Duration timeout) {
    return new ExecutorGroup(new Placement(worldSize, List.of(1)), 0, timeout).join(0);
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
   * @param parts the sums of this slot's ranks, as {@link PartialSums} makes them
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

  static void requireTotal(double total) {
    if (total <= 0) {
      throw new IllegalArgumentException(
          Text.format(
              "total weight %s: at least one rank must have examples to average over",
              (long) total));
    }
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
    run(
        header,
        () -> {
          open(new ExecutorGroup.Opened(header, parts, target, null));
          sums[0] = group.exchange() == null ? addUp(header) : exchange(header, target);
        });
    return sums[0];
  }

  /** Between two waits nobody else reads or writes this slot's share of anybody's values. */
  private Companions addUp(FrameHeader header) {
    RankRange all = RankRange.all(placement.worldSize());
    List<Part> parts = group.parts();
    Companions companions = TreeSum.companions(all, parts);
    if (header.operation() == Operation.MEAN) {
      requireTotal(companions.first());
    }
    for (int at = share * tile.length; at < header.values(); at += group.size() * tile.length) {
      int count = Math.min(tile.length, header.values() - at);
      tree.add(header.operation(), all, parts, at, count);
      if (header.operation() == Operation.MEAN) {
        tree.finishMean(companions.first(), count);
      }
      for (int other = group.firstSlot(); other < group.firstSlot() + group.size(); other++) {
        FloatBuffer target = group.opened(other).target();
        target.put(target.position() + at, tree.values(), 0, count);
      }
    }
    await(header, 1);
    return companions;
  }

  /** The slots encode and decode, the first of them exchanges with the other executors. */
  private Companions exchange(FrameHeader header, FloatBuffer target) throws IOException {
    Exchange exchange = group.exchange();
    exchange.encode(tree, group.parts(), share, group.size());
    await(header, 1);
    if (share == 0) {
      overLinks(() -> exchange.reduce(group.timeoutNanos()));
    }
    await(header, 2);
    exchange.decode(tree, target, tile);
    return exchange.companions();
  }

  /**
   * Returns when every slot has called it.
   *
   * @param phaseName where the caller stands, the same on every slot; at most 200 bytes of UTF-8
   */
  public void barrier(String phaseName) {
    byte[] mine = phaseName.getBytes(StandardCharsets.UTF_8);
    if (mine.length > MAX_PHASE_BYTES) {
      throw new IllegalArgumentException(
          Text.format(
              "phase name of %d bytes: at most %d are allowed", mine.length, MAX_PHASE_BYTES));
    }
    gather(
        Operation.BARRIER,
        ByteBuffer.wrap(mine),
        MAX_PHASE_BYTES,
        (other, theirs) -> {
          String phase = StandardCharsets.UTF_8.decode(theirs).toString();
          if (!phase.equals(phaseName)) {
            throw group.fail(
                new CollectiveException(
                    Reason.MISMATCH,
                    group.ranks(other),
                    Text.format(
                        "%s at barrier '%s', and %s at '%s' (step %d); all ranks must run the same phases",
                        ranks(), phaseName, placement.ranksOfSlot(other), phase, step),
                    null));
          }
        });
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
    run(
        header,
        () -> {
          open(new ExecutorGroup.Opened(header, List.of(), null, bytes));
          Exchange exchange = group.exchange();
          if (exchange != null && share == 0) {
            overLinks(
                () -> exchange.gather(header, ofThisExecutor(), (int) limit, group.timeoutNanos()));
          }
          if (exchange != null) {
            await(header, 2);
          }
          for (int executor = 0; executor < placement.executors(); executor++) {
            visit(executor, exchange, visitor);
          }
          await(header, 1);
        });
  }

  private byte[] ofThisExecutor() {
    int first = group.firstSlot();
    int total = 0;
    for (int other = first; other < first + group.size(); other++) {
      total += Integer.BYTES + group.opened(other).bytes().length;
    }
    ByteBuffer all = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    for (int other = first; other < first + group.size(); other++) {
      byte[] bytes = group.opened(other).bytes();
      all.putInt(bytes.length).put(bytes);
    }
    return all.array();
  }

  private void visit(int executor, Exchange exchange, GatherVisitor visitor) {
    int first = placement.firstSlot(executor);
    int behind = placement.firstSlot(executor + 1);
    ByteBuffer theirs = executor == group.executor() ? null : exchange.gathered(executor);
    for (int other = first; other < behind; other++) {
      ByteBuffer bytes;
      if (theirs == null) {
        bytes = ByteBuffer.wrap(group.opened(other).bytes()).asReadOnlyBuffer();
      } else {
        int length = theirs.getInt();
        bytes = theirs.slice(theirs.position(), length);
        theirs.position(theirs.position() + length);
      }
      visitor.visit(other, bytes.order(ByteOrder.LITTLE_ENDIAN));
    }
  }

  private FrameHeader header(Operation operation, int values) {
    return new FrameHeader(
        FrameKind.CONTRIBUTION, operation, group.executor(), 0, step, sequence + 1, values);
  }

  private void open(ExecutorGroup.Opened mine) {
    long before = System.nanoTime();
    group.open(slot, mine);
    waitNanos += System.nanoTime() - before;
  }

  private void await(FrameHeader header, int timeouts) {
    long before = System.nanoTime();
    group.await(slot, header, timeouts);
    waitNanos += System.nanoTime() - before;
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  /** An operation with other executors, whose failure is one of all slots. */
  private void overLinks(Work work) throws IOException {
    Mesh mesh = group.exchange().mesh();
    long before = mesh.waitNanos();
    try {
      work.run();
    } catch (CollectiveException e) {
      throw group.fail(mesh.firstCause(e));
    } finally {
      waitNanos += mesh.waitNanos() - before;
    }
  }

  private void run(FrameHeader header, Work work) {
    if (!inUse.tryLock()) {
      throw new IllegalStateException(
          Text.format(
              "%s: another thread is inside an operation; one thread at a time may be", ranks()));
    }
    long start = System.nanoTime();
    try {
      if (closed) {
        throw group.closed(slot, header.describe());
      }
      if (Thread.currentThread().isInterrupted()) {
        throw group.fail(
            new CollectiveException(
                Reason.INTERRUPTED,
                group.ranks(slot),
                Text.format("%s: interrupted in %s", ranks(), header.describe()),
                null));
      }
      sequence++;
      work.run();
    } catch (CollectiveException e) {
      tellOthers();
      throw e;
    } catch (RuntimeException | Error | IOException e) {
      group.fail(
          new CollectiveException(
              Reason.ABORTED,
              group.ranks(slot),
              Text.format("%s: failed in %s: %s", ranks(), header.describe(), e),
              e));
      tellOthers();
      throw unchecked(e);
    } finally {
      long nanos = stats.communicationNanos() + System.nanoTime() - start;
      Exchange exchange = group.exchange();
      stats =
          new CollectiveStats(
              sequence,
              exchange == null ? 0 : exchange.mesh().bytesSent(),
              exchange == null ? 0 : exchange.mesh().bytesReceived(),
              nanos,
              waitNanos);
      inUse.unlock();
    }
  }

  private static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(failure);
  }

  /** The slot that speaks for this executor tells the others why it is broken. */
  private void tellOthers() {
    CollectiveException failure = group.failure();
    if (share == 0 && group.exchange() != null && failure != null) {
      group.exchange().mesh().abort(failure);
    }
  }

  /** What the operations have cost so far; bytes are those of the whole executor. */
  public CollectiveStats stats() {
    return stats;
  }

  /** Breaks the collective and tells the other slots why, so that none of them waits for this. */
  public void abort(String reason) {
    group.abort(ranks().toString(), group.ranks(slot), reason);
    tellWhenFree();
  }

  /**
   * Leaves, and frees what is held. Slots that still wait for this one learn that it left. Does
   * nothing the second time.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    group.leave(slot);
    Exchange exchange = group.exchange();
    if (exchange == null) {
      return;
    }
    if (inUse.isLocked() && !inUse.isHeldByCurrentThread()) {
      group.fail(group.closed(slot, "an operation"));
    }
    tellWhenFree();
    if (group.isOver()) {
      // Nobody is inside an operation, and nobody will be.
      exchange.mesh().leave();
    }
  }

  private void tellWhenFree() {
    if (inUse.isHeldByCurrentThread()) {
      return;
    }
    inUse.lock();
    try {
      tellOthers();
    } finally {
      inUse.unlock();
    }
  }

  /**
   * Receives the bytes of one slot; the buffer is little-endian, and valid during the call only.
   */
  @FunctionalInterface
  public interface GatherVisitor {
    void visit(int slot, ByteBuffer bytes);
  }
}
