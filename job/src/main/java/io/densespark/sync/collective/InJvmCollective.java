package io.densespark.sync.collective;

import io.densespark.sync.collective.CollectiveException.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** One rank of an {@link InJvmGroup}. */
final class InJvmCollective implements Collective {
  private final InJvmGroup group;
  private final int rank;
  private final RankOrderAccumulator accumulator = new RankOrderAccumulator();
  private final TileCodec float32 = new Float32Codec();
  private final TileCodec bfloat16 = new Bfloat16Codec();
  private final float[] tile = new float[TileCodec.TILE_VALUES];
  private final ReentrantLock inUse = new ReentrantLock();
  private volatile CollectiveStats stats = CollectiveStats.NONE;
  private volatile boolean closed;
  private long step;
  private long sequence;
  private long waitNanos;

  InJvmCollective(InJvmGroup group, int rank) {
    this.group = group;
    this.rank = rank;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int worldSize() {
    return group.worldSize();
  }

  @Override
  public void beginStep(long nextStep) {
    step = nextStep;
  }

  @Override
  public double allReduceSum(FloatBuffer values, WirePrecision precision, double companion) {
    double[] sum = new double[1];
    reduce(
        Operation.of(precision),
        values,
        0,
        Double.doubleToRawLongBits(companion),
        () -> {
          for (int peer = 0; peer < worldSize(); peer++) {
            sum[0] += Double.longBitsToDouble(group.slot(peer).header().weight());
          }
        });
    return sum[0];
  }

  @Override
  public void weightedMean(FloatBuffer values, long examples) {
    AveragingArithmetic.requireWeight(examples);
    reduce(Operation.WEIGHTED_MEAN, values, 0, examples, () -> {});
  }

  @Override
  public void broadcast(FloatBuffer values, int root) {
    if (root < 0 || root >= worldSize()) {
      throw new IllegalArgumentException(
          "root " + root + ": ranks go from 0 to " + (worldSize() - 1));
    }
    reduce(Operation.BROADCAST, values, root, 0, () -> {});
  }

  @Override
  public void barrier(String phaseName) {
    FrameHeader header = header(Operation.BARRIER, 0, 0, 0);
    run(
        header,
        () -> {
          open(header, null, null, phaseName);
          await(header);
        });
  }

  @Override
  public void allGather(ByteBuffer mine, int maxBytes, GatherVisitor visitor) {
    if (mine.remaining() > maxBytes) {
      throw new IllegalArgumentException(
          "all-gather of " + mine.remaining() + " bytes: at most " + maxBytes + " are allowed");
    }
    FrameHeader header = header(Operation.GATHER, maxBytes, 0, 0);
    run(
        header,
        () -> {
          open(header, null, mine.asReadOnlyBuffer(), "");
          for (int peer = 0; peer < worldSize(); peer++) {
            ByteBuffer bytes = group.slot(peer).bytes().duplicate();
            visitor.visit(peer, bytes.order(ByteOrder.LITTLE_ENDIAN));
          }
          await(header);
        });
  }

  /** Also looks at what all ranks lay open, while they do. */
  private void reduce(
      Operation operation, FloatBuffer values, int root, long weight, Runnable look) {
    FrameHeader header = header(operation, values.remaining(), root, weight);
    run(
        header,
        () -> {
          open(header, values, null, "");
          addUpOwnChunk(header);
          look.run();
          await(header);
        });
  }

  /** Between the two waits nobody else reads or writes this rank's chunk of anybody's values. */
  private void addUpOwnChunk(FrameHeader header) {
    Chunks chunks = new Chunks(header.values(), worldSize());
    TileCodec codec = header.operation() == Operation.SUM_BF16 ? bfloat16 : float32;
    int end = chunks.start(rank + 1);
    for (int at = chunks.start(rank); at < end; at += tile.length) {
      int count = Math.min(tile.length, end - at);
      accumulator.begin(header.operation(), count);
      for (int peer = 0; peer < worldSize(); peer++) {
        if (header.operation() == Operation.BROADCAST && peer != header.root()) {
          continue;
        }
        InJvmGroup.Slot slot = group.slot(peer);
        slot.values().get(slot.values().position() + at, tile, 0, count);
        codec.round(tile, count);
        accumulator.addTile(0, tile, count, slot.header().weight());
        accumulator.endContribution(slot.header().weight());
      }
      accumulator.resultTile(0, tile, count);
      codec.round(tile, count);
      for (int peer = 0; peer < worldSize(); peer++) {
        FloatBuffer values = group.slot(peer).values();
        values.put(values.position() + at, tile, 0, count);
      }
    }
  }

  private FrameHeader header(Operation operation, int values, int root, long weight) {
    return new FrameHeader(
        FrameKind.CONTRIBUTION, operation, rank, 0, step, sequence, values, root, weight);
  }

  private void open(FrameHeader header, FloatBuffer values, ByteBuffer bytes, String phase) {
    long before = System.nanoTime();
    group.open(rank, new InJvmGroup.Slot(header, values, bytes, phase));
    waitNanos += System.nanoTime() - before;
  }

  private void await(FrameHeader header) {
    long before = System.nanoTime();
    group.await(rank, header);
    waitNanos += System.nanoTime() - before;
  }

  private void run(FrameHeader header, Runnable work) {
    if (closed) {
      throw new CollectiveAbortedException(
          Reason.ABORTED, List.of(rank), "rank " + rank + ": this collective was closed", null);
    }
    if (!inUse.tryLock()) {
      throw new IllegalStateException(
          "rank %d: another thread is inside an operation; one thread at a time may be"
              .formatted(rank));
    }
    long start = System.nanoTime();
    try {
      sequence++;
      work.run();
    } catch (CollectiveException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      group.abort(rank, "failed in " + header.describe() + ": " + e);
      throw e;
    } finally {
      long nanos = stats.communicationNanos() + System.nanoTime() - start;
      stats = new CollectiveStats(sequence, 0, 0, nanos, waitNanos);
      inUse.unlock();
    }
  }

  @Override
  public CollectiveStats stats() {
    return stats;
  }

  @Override
  public void abort(String reason) {
    group.abort(rank, reason);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      group.leave(rank);
    }
  }
}
