package io.densespark.sync.tree;

import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Adds parts of a vector along the tree of ranks, a tile at a time. How each operation rounds:
 *
 * <ul>
 *   <li>a sum adds in fp32;
 *   <li>a bf16 sum adds in fp32 what ranks bring rounded to bf16, and rounds every partial sum to
 *       bf16, so that it may travel or not;
 *   <li>a mean adds the products of weight and value in double, exact for weights below 2^29; the
 *       sum is divided by the total weight in double, and the quotient rounded once to fp32. So the
 *       mean of equal values is that value. Ranks of weight 0 are left out, whatever their values.
 * </ul>
 *
 * <p>Not thread-safe: each slot has one.
 */
public final class TreeSum {

  /** The neutral element of addition: 0.0 would change the sign of -0.0. */
  private static final double NEUTRAL = -0.0;

  /** A partial sum that is there already. */
  sealed interface Source permits Part, WirePart {
    RankRange ranks();

    Companions companions();
  }

  /**
   * A branch's partial sum that has come over the network, or is about to go.
   *
   * @param beside the companions of the branches of a frame
   * @param number of the branch within the frame
   * @param piece the values of one stripe of the vector; doubles where {@link Operation#isWide}
   */
  public record WirePart(RankRange ranks, ByteBuffer beside, int number, WirePiece piece)
      implements Source {
    @Override
    public Companions companions() {
      return Companions.from(beside, number);
    }
  }

  private final Float32Codec float32 = new Float32Codec();
  private final Bfloat16Codec bfloat16 = new Bfloat16Codec();
  private final float[][] tiles;
  private final double[][] wideTiles;
  private List<? extends Source> sources;
  private Operation operation;
  private RankRange branch;
  private int next;

  /**
   * @param worldSize number of ranks
   */
  public TreeSum(int worldSize) {
    int depth = Integer.SIZE - Integer.numberOfLeadingZeros(worldSize) + 1;
    tiles = new float[depth][];
    wideTiles = new double[depth][];
  }

  /** How the values of an operation travel, where they are not wide. */
  public TileCodec codec(Operation op) {
    return op == Operation.SUM_BF16 ? bfloat16 : float32;
  }

  /**
   * The companions of what an operation adds up.
   *
   * @param sources of all ranks
   * @throws IllegalArgumentException if there is nothing to average over
   */
  public static Companions totals(
      Operation operation, RankRange all, List<? extends Source> sources) {
    Companions totals = companions(all, sources);
    if (operation == Operation.MEAN && totals.first() <= 0) {
      throw new IllegalArgumentException(
          Text.format(
              "total weight %s: at least one rank must have examples to average over",
              (long) totals.first()));
    }
    return totals;
  }

  /** Sum of the companions along the tree over the sources. */
  public static Companions companions(RankRange branch, List<? extends Source> sources) {
    for (Source source : sources) {
      if (source.ranks().equals(branch)) {
        return source.companions();
      }
    }
    return companions(branch.left(), sources).plus(companions(branch.right(), sources));
  }

  /**
   * Values {@code [at, at + count)} of a branch's sum, for {@link #values} or {@link #putTo}.
   *
   * @param from parts of the branch in the order of ranks
   */
  public void add(Operation op, RankRange of, List<? extends Source> from, int at, int count) {
    operation = op;
    branch = of;
    sources = from;
    next = 0;
    while (!of.contains(from.get(next).ranks())) {
      next++;
    }
    evaluate(of, 0, at, count);
  }

  /** The sum of the last {@link #add}; overwritten by the next. */
  public float[] values() {
    return tiles[0];
  }

  /** Writes the sum of the last {@link #add} as it travels, from a multiple of the tile on. */
  public void putTo(WirePiece piece, int from, int count) {
    if (operation.isWide(branch)) {
      piece.bytes().asDoubleBuffer().put(from, wideTiles[0], 0, count);
    } else {
      codec(operation).encodeTile(tiles[0], count, piece, from);
    }
  }

  /**
   * Values {@code [at, at + count)} of the result of an operation.
   *
   * @param sources of all ranks, in their order
   * @param totals their {@link #totals}
   */
  public float[] result(
      Operation op,
      RankRange all,
      List<? extends Source> sources,
      Companions totals,
      int at,
      int count) {
    add(op, all, sources, at, count);
    for (int i = 0; op == Operation.MEAN && i < count; i++) {
      tiles[0][i] = (float) (wideTiles[0][i] / totals.first());
    }
    return tiles[0];
  }

  private void evaluate(RankRange of, int level, int at, int count) {
    if (tiles[level] == null) {
      tiles[level] = new float[TileCodec.TILE_VALUES];
      wideTiles[level] = new double[TileCodec.TILE_VALUES];
    }
    Source source = sources.get(next);
    if (source.ranks().equals(of)) {
      next++;
      load(source, level, at, count);
      return;
    }
    evaluate(of.left(), level, at, count);
    evaluate(of.right(), level + 1, at, count);
    switch (operation) {
      case MEAN -> add(wideTiles[level], wideTiles[level + 1], count);
      case SUM -> add(tiles[level], tiles[level + 1], count);
      case SUM_BF16 -> {
        add(tiles[level], tiles[level + 1], count);
        bfloat16.round(tiles[level], count);
      }
      default -> throw new IllegalStateException(operation + " adds nothing");
    }
  }

  private void load(Source source, int level, int at, int count) {
    float[] tile = tiles[level];
    if (source instanceof Part part) {
      part.values().get(part.values().position() + at, tile, 0, count);
      if (operation == Operation.MEAN) {
        weigh(tile, part.companions().first(), wideTiles[level], count);
      } else if (operation == Operation.SUM_BF16) {
        bfloat16.round(tile, count);
      }
    } else if (source instanceof WirePart part) {
      if (operation.isWide(part.ranks())) {
        part.piece().bytes().asDoubleBuffer().get(at, wideTiles[level], 0, count);
        return;
      }
      codec(operation).decodeTile(part.piece(), at, tile, count);
      if (operation == Operation.MEAN) {
        weigh(tile, part.companions().first(), wideTiles[level], count);
      }
    }
  }

  private static void weigh(float[] values, double weight, double[] products, int count) {
    if (weight == 0) {
      Arrays.fill(products, 0, count, NEUTRAL);
      return;
    }
    for (int i = 0; i < count; i++) {
      products[i] = weight * values[i];
    }
  }

  private static void add(float[] sum, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      sum[i] += values[i];
    }
  }

  private static void add(double[] sum, double[] values, int count) {
    for (int i = 0; i < count; i++) {
      sum[i] += values[i];
    }
  }
}
