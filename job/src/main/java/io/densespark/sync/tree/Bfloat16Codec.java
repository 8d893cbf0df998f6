package io.densespark.sync.tree;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * Floats rounded to bf16, the upper half of an fp32: nearest, ties to even; a NaN stays a NaN.
 *
 * <p>Two values share a word: of a tile of n values, word i carries value i below and value i +
 * ceil(n/2) above. That order, rather than neighbours, keeps every loop here a loop over whole
 * words without branches.
 */
final class Bfloat16Codec implements TileCodec {
  private static final int INFINITY_BITS = 0x7F800000;
  private static final int QUIET_BIT = 0x00400000;
  private static final int UPPER_HALF = 0xFFFF0000;

  // Reinterprets floats as words and back by copying through memory, which is cheaper than value by
  // value.
  private final FloatBuffer scratchFloats;
  private final IntBuffer scratchWords;
  private final int[] bits = new int[TILE_VALUES];
  private final int[] packed = new int[TILE_VALUES / 2];

  Bfloat16Codec() {
    ByteBuffer scratch =
        ByteBuffer.allocateDirect(TILE_VALUES * Float.BYTES).order(ByteOrder.nativeOrder());
    scratchFloats = scratch.asFloatBuffer();
    scratchWords = scratch.asIntBuffer();
  }

  /** Bytes of a piece on the wire: full tiles are even, so only the last can leave half a word. */
  static int wireBytes(int values) {
    return (values / 2 + values % 2) * Integer.BYTES;
  }

  @Override
  public void encodeTile(float[] tile, int count, WirePiece piece, int from) {
    pack(tile, count);
    piece.words().put(from / 2, packed, 0, half(count));
  }

  @Override
  public void decodeTile(WirePiece piece, int from, float[] tile, int count) {
    piece.words().get(from / 2, packed, 0, half(count));
    unpack(tile, count);
  }

  /** Replaces {@code tile[0, count)} by what the other end would decode. */
  void round(float[] tile, int count) {
    pack(tile, count);
    unpack(tile, count);
  }

  private static int half(int count) {
    return (count + 1) / 2;
  }

  private void pack(float[] tile, int count) {
    scratchFloats.put(0, tile, 0, count);
    scratchWords.get(0, bits, 0, count);
    for (int i = 0; i < count; i++) {
      int b = bits[i];
      int nan = (INFINITY_BITS - (b & Integer.MAX_VALUE)) >> 31; // all ones for a NaN, else 0
      int rounded = b + 0x7FFF + ((b >>> 16) & 1);
      bits[i] = (rounded & ~nan) | ((b | QUIET_BIT) & nan);
    }
    int words = half(count);
    int pairs = count / 2;
    for (int i = 0; i < pairs; i++) {
      packed[i] = (bits[i] >>> 16) | (bits[i + words] & UPPER_HALF);
    }
    if (pairs < words) {
      packed[pairs] = bits[pairs] >>> 16;
    }
  }

  private void unpack(float[] tile, int count) {
    int words = half(count);
    for (int i = 0; i < words; i++) {
      bits[i] = packed[i] << 16;
    }
    for (int i = 0; i < count - words; i++) {
      bits[i + words] = packed[i] & UPPER_HALF;
    }
    scratchWords.put(0, bits, 0, count);
    scratchFloats.get(0, tile, 0, count);
  }
}
