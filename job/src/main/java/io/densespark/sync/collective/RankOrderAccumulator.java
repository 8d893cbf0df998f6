package io.densespark.sync.collective;

/**
 * Adds the ranks' contributions to one chunk. The caller brings them in the order of ranks; the
 * first one starts the sum, so that not even the sign of a zero depends on an initial value. Grows
 * to the largest chunk and is reused.
 */
final class RankOrderAccumulator {
  private final float[] tile = new float[TileCodec.TILE_VALUES];
  private float[] sum = new float[0];
  private double[] weightedSum = new double[0];
  private Operation operation;
  private int length;
  private boolean empty;
  private long totalWeight;

  void begin(Operation nextOperation, int chunkLength) {
    operation = nextOperation;
    length = chunkLength;
    empty = true;
    totalWeight = 0;
    if (operation == Operation.WEIGHTED_MEAN) {
      if (weightedSum.length < length) {
        weightedSum = new double[length];
      }
    } else if (sum.length < length) {
      sum = new float[length];
    }
  }

  /** Adds the next rank's piece. */
  void add(TileCodec codec, WirePiece piece, long weight) {
    for (int from = 0; from < length; from += tile.length) {
      int count = Math.min(tile.length, length - from);
      codec.decodeTile(piece, from, tile, count);
      addTile(from, tile, count, weight);
    }
    endContribution(weight);
  }

  /** Adds part of the next rank's contribution; {@link #endContribution} closes it. */
  void addTile(int at, float[] values, int count, long weight) {
    if (operation == Operation.WEIGHTED_MEAN) {
      if (weight > 0) {
        AveragingArithmetic.accumulate(weightedSum, at, values, count, weight, empty);
      }
    } else if (empty) {
      System.arraycopy(values, 0, sum, at, count);
    } else {
      addArrays(sum, at, values, count);
    }
  }

  void endContribution(long weight) {
    if (operation != Operation.WEIGHTED_MEAN || weight > 0) {
      empty = false;
    }
    totalWeight += weight;
  }

  /**
   * Adds the last rank's piece and encodes the result, which may lie where the piece does: each
   * tile is finished while it is in the cache.
   */
  void addLast(TileCodec codec, WirePiece piece, long weight, WirePiece result) {
    totalWeight += weight;
    if (operation == Operation.WEIGHTED_MEAN) {
      AveragingArithmetic.requireTotal(totalWeight);
    }
    for (int from = 0; from < length; from += tile.length) {
      int count = Math.min(tile.length, length - from);
      codec.decodeTile(piece, from, tile, count);
      addTile(from, tile, count, weight);
      resultTile(from, tile, count);
      codec.encodeTile(tile, count, result, from);
    }
  }

  /** Copies part of the result. */
  void resultTile(int at, float[] values, int count) {
    if (operation == Operation.WEIGHTED_MEAN) {
      AveragingArithmetic.finish(weightedSum, at, values, count, totalWeight);
    } else {
      System.arraycopy(sum, at, values, 0, count);
    }
  }

  private static void addArrays(float[] sum, int at, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      sum[at + i] += values[i];
    }
  }
}
