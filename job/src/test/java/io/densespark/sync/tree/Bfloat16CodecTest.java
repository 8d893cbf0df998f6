package io.densespark.sync.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

public class Bfloat16CodecTest {
  private final Bfloat16Codec codec = new Bfloat16Codec();

  /** The nearest value of bf16 by exact decimal distance; ties go to the even significand. */
  public static float nearestBf16(float value) {
    if (Float.isNaN(value) || Float.isInfinite(value) || value == 0) {
      return value;
    }
    int below = Float.floatToRawIntBits(value) & 0xFFFF0000; // towards zero
    int above = below + 0x10000; // away from zero
    BigDecimal exact = new BigDecimal(value).abs();
    BigDecimal low = new BigDecimal(Float.intBitsToFloat(below)).abs();
    float aboveFloat = Float.intBitsToFloat(above);
    BigDecimal high =
        Float.isInfinite(aboveFloat)
            ? new BigDecimal(2).pow(128) // where the next value would be
            : new BigDecimal(aboveFloat).abs();
    int side = exact.subtract(low).compareTo(high.subtract(exact));
    boolean up = side > 0 || side == 0 && (below & 0x10000) != 0;
    return up ? aboveFloat : Float.intBitsToFloat(below);
  }

  @Test
  void roundsToTheNearestTiesToEven() {
    Random random = new Random(5);
    float[] values = new float[TileCodec.TILE_VALUES];
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < values.length; i++) {
        int bits = random.nextInt();
        // A third of them exactly half-way, or next to it.
        bits = i % 3 == 0 ? bits & 0xFFFF0000 | 0x8000 + random.nextInt(3) - 1 : bits;
        values[i] = Float.intBitsToFloat(bits);
      }
      float[] rounded = values.clone();
      codec.round(rounded, rounded.length);
      for (int i = 0; i < values.length; i++) {
        assertThat(Float.floatToIntBits(rounded[i]))
            .as("bf16 of %s (%08x)", values[i], Float.floatToRawIntBits(values[i]))
            .isEqualTo(Float.floatToIntBits(nearestBf16(values[i])));
      }
    }
  }

  @Test
  void keepsZerosInfinitiesAndNans() {
    float[] values = {
      0f,
      -0f,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.intBitsToFloat(0x7F800001),
      Float.intBitsToFloat(0xFFFFFFFF),
      Float.intBitsToFloat(0x7FFFFFFF),
      Float.MAX_VALUE,
      Float.MIN_VALUE
    };
    codec.round(values, values.length);
    assertThat(values)
        .containsExactly(
            new float[] {
              0f,
              -0f,
              Float.POSITIVE_INFINITY,
              Float.NEGATIVE_INFINITY,
              Float.NaN,
              Float.NaN,
              Float.NaN,
              Float.POSITIVE_INFINITY,
              0f
            });
    assertThat(1 / values[1]).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @Test
  void anyLengthSurvivesTheWire() {
    float[] tile = new float[TileCodec.TILE_VALUES];
    for (int length : new int[] {0, 1, 2, 3, 2047, 2048, 2049, 4096, 5001}) {
      float[] values = new float[length];
      for (int i = 0; i < length; i++) {
        values[i] = (i % 251 - 125) * 0.5f; // exact in bf16
      }
      int bytes = Bfloat16Codec.wireBytes(length);
      assertThat(bytes).isBetween(2 * length, 2 * length + 2);
      WirePiece piece = WirePiece.view(ByteBuffer.allocateDirect(bytes), 0, bytes, length);
      for (int from = 0; from < length; from += tile.length) {
        int count = Math.min(tile.length, length - from);
        System.arraycopy(values, from, tile, 0, count);
        codec.encodeTile(tile, count, piece, from);
      }
      float[] decoded = new float[length];
      codec.decode(piece, java.nio.FloatBuffer.wrap(decoded), 0, tile);
      assertThat(decoded).isEqualTo(values);
    }
  }
}
