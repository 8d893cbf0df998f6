package io.densespark.sync.collective;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * What the replicas of one run do together. Every rank calls the same operations in the same order
 * with the same lengths; a rank that does not is told so, and so are the others.
 *
 * <p><b>Exactness.</b> Sums are {@code ((g0 + g1) + g2) + ...} in the order of ranks, element by
 * element in fp32, whatever arrived first and whichever implementation carries them. After an
 * operation all ranks hold the same bits.
 *
 * <p><b>Failure.</b> No operation waits longer than the timeout given when the ranks met. One that
 * fails throws a {@link CollectiveException}; the collective is then broken for good, the other
 * ranks are told, and the values passed to the failed operation are undefined. An interrupt of the
 * calling thread fails the operation, too, and stays set.
 *
 * <p>One thread at a time may call operations; {@link #close}, {@link #abort} and {@link #stats}
 * are for any thread. A buffer's values are those between its position and its limit, neither of
 * which moves.
 */
public interface Collective extends AutoCloseable {

  /** Longest payload of one rank in {@link #allGather(byte[])}. */
  int MAX_GATHERED_BYTES = 1 << 20;

  /** Number of this replica, from 0. */
  int rank();

  /** How many replicas there are. */
  int worldSize();

  /**
   * Names the step that the next operations belong to. Ranks at different steps are an error, and
   * messages name the step; before the first call it is 0.
   */
  void beginStep(long step);

  /** Replaces the values by their exact fp32 sum over all ranks. */
  default void allReduceSum(FloatBuffer values) {
    allReduceSum(values, WirePrecision.FP32);
  }

  /** As {@link #allReduceSum(FloatBuffer)}, for part of an array. */
  default void allReduceSum(float[] values, int offset, int length) {
    allReduceSum(FloatBuffer.wrap(values, offset, length));
  }

  /**
   * Replaces the values by their sum over all ranks.
   *
   * @param precision {@code BF16}: each rank's values are rounded to bf16, those are added in fp32,
   *     and the sum is rounded to bf16 again, on every rank alike
   */
  default void allReduceSum(FloatBuffer values, WirePrecision precision) {
    allReduceSum(values, precision, 0);
  }

  /**
   * As {@link #allReduceSum(FloatBuffer, WirePrecision)}, and returns the sum of one further number
   * of each rank, in the order of ranks: it travels with the values and costs no round of its own.
   */
  double allReduceSum(FloatBuffer values, WirePrecision precision, double companion);

  /**
   * Replaces the values by their mean over all ranks, as {@link AveragingArithmetic} defines it.
   *
   * @param examples this rank's weight, at least 0; a rank of weight 0 receives the mean and adds
   *     nothing
   * @throws RuntimeException on every rank, when all weights are 0
   */
  void weightedMean(FloatBuffer values, long examples);

  /** Replaces the values of every rank by those of {@code root}. */
  void broadcast(FloatBuffer values, int root);

  /**
   * Returns when every rank has called it.
   *
   * @param phaseName where the caller stands, the same on every rank; at most 200 bytes of UTF-8
   */
  void barrier(String phaseName);

  /**
   * Everyone's bytes, by rank; each at most {@link #MAX_GATHERED_BYTES} long, and not of equal
   * length.
   */
  default byte[][] allGather(byte[] mine) {
    byte[][] gathered = new byte[worldSize()][];
    allGather(
        ByteBuffer.wrap(mine),
        MAX_GATHERED_BYTES,
        (rank, bytes) -> {
          gathered[rank] = new byte[bytes.remaining()];
          bytes.get(gathered[rank]);
        });
    return gathered;
  }

  /**
   * Shows everyone's bytes to everyone, without keeping them.
   *
   * @param maxBytes longest payload of any rank, the same on every rank
   * @param visitor is called once for each rank, in the order of ranks, this one included
   */
  void allGather(ByteBuffer mine, int maxBytes, GatherVisitor visitor);

  /** What the operations have cost so far. */
  CollectiveStats stats();

  /**
   * Breaks the collective and tells the other ranks why, so that none of them waits for this one.
   */
  void abort(String reason);

  /**
   * Leaves, and frees what is held. Ranks that still wait for this one learn that it left. Does
   * nothing the second time.
   */
  @Override
  void close();

  /** The collective of a run with one replica. */
  static Collective single() {
    return new SingleRankCollective();
  }

  /**
   * Receives the bytes of one rank; the buffer is little-endian, and valid during the call only.
   */
  @FunctionalInterface
  interface GatherVisitor {
    void visit(int rank, ByteBuffer bytes);
  }
}
