package io.densespark.sync.tree;

import java.nio.FloatBuffer;

/**
 * Turns floats into wire words and back, a tile at a time: a tile fits the first-level cache, and
 * plain loops over arrays are what the JIT vectorises. Not thread-safe: an instance owns scratch
 * space.
 */
public sealed interface TileCodec permits Float32Codec, Bfloat16Codec {

  /** Values in a full tile; every tile of a piece is full except the last. */
  int TILE_VALUES = 2048;

  /**
   * Encodes {@code tile[0, count)} as the values of {@code piece} from {@code from}, a multiple of
   * the tile.
   */
  void encodeTile(float[] tile, int count, WirePiece piece, int from);

  /** Decodes {@code count} values of {@code piece} from {@code from}, a multiple of the tile. */
  void decodeTile(WirePiece piece, int from, float[] tile, int count);

  /** Decodes the piece into {@code values} from index {@code at}. */
  default void decode(WirePiece piece, FloatBuffer values, int at, float[] tile) {
    for (int from = 0; from < piece.values(); from += TILE_VALUES) {
      int count = Math.min(TILE_VALUES, piece.values() - from);
      decodeTile(piece, from, tile, count);
      values.put(at + from, tile, 0, count);
    }
  }
}
