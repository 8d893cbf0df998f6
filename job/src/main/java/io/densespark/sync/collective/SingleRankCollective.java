package io.densespark.sync.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/** One replica: nothing to exchange; rounding to bf16 happens as it would among several. */
final class SingleRankCollective implements Collective {
  private final TileCodec bf16 = new Bfloat16Codec();
  private final float[] tile = new float[TileCodec.TILE_VALUES];
  private volatile boolean closed;
  private volatile long operations;

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int worldSize() {
    return 1;
  }

  @Override
  public void beginStep(long step) {}

  @Override
  public double allReduceSum(FloatBuffer values, WirePrecision precision, double companion) {
    enter();
    if (precision == WirePrecision.BF16) {
      round(values);
    }
    return companion;
  }

  private void round(FloatBuffer values) {
    for (int at = values.position(); at < values.limit(); at += tile.length) {
      int count = Math.min(tile.length, values.limit() - at);
      values.get(at, tile, 0, count);
      bf16.round(tile, count);
      values.put(at, tile, 0, count);
    }
  }

  @Override
  public void weightedMean(FloatBuffer values, long examples) {
    enter();
    AveragingArithmetic.requireWeight(examples);
    AveragingArithmetic.requireTotal(examples);
  }

  @Override
  public void broadcast(FloatBuffer values, int root) {
    enter();
    if (root != 0) {
      throw new IllegalArgumentException("root " + root + ": the only rank is 0");
    }
  }

  @Override
  public void barrier(String phaseName) {
    enter();
  }

  @Override
  public void allGather(ByteBuffer mine, int maxBytes, GatherVisitor visitor) {
    enter();
    if (mine.remaining() > maxBytes) {
      throw new IllegalArgumentException(
          "all-gather of " + mine.remaining() + " bytes: at most " + maxBytes + " are allowed");
    }
    visitor.visit(0, mine.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
  }

  @Override
  public CollectiveStats stats() {
    return new CollectiveStats(operations, 0, 0, 0, 0);
  }

  @Override
  public void abort(String reason) {
    closed = true;
  }

  @Override
  public void close() {
    closed = true;
  }

  @SuppressWarnings("NonAtomicOperationOnVolatileField") // one thread at a time calls operations
  private void enter() {
    if (closed) {
      throw new CollectiveAbortedException(
          CollectiveException.Reason.ABORTED,
          List.of(0),
          "rank 0: this collective was closed",
          null);
    }
    operations++;
  }
}
