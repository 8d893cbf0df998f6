package io.densespark.train;

import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.apache.commons.codec.digest.DigestUtils;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * DL4J's flat vectors as plain floats, moved in bulk: element access goes through JNI each time.
 */
public final class FlatVectors {

  private static final float[] EMPTY = new float[0];

  private FlatVectors() {}

  /**
   * The native memory of a contiguous float32 vector as a buffer; the vector must stay reachable
   * while the buffer is used.
   */
  public static FloatBuffer view(INDArray vector) {
    if (vector.dataType() != DataType.FLOAT || vector.elementWiseStride() != 1) {
      throw new IllegalArgumentException(
          Text.format(
              "expected a contiguous float32 vector, got %s with strides %d",
              vector.dataType(), vector.elementWiseStride()));
    }
    FloatBuffer all = vector.data().asNioFloat();
    int offset = Math.toIntExact(vector.offset());
    return all.slice(offset, Math.toIntExact(vector.length()));
  }

  /** A copy of a vector's values; empty for null, DL4J's sign of an updater without state. */
  public static float[] toArray(INDArray vector) {
    if (vector == null || vector.isEmpty()) {
      return EMPTY;
    }
    float[] values = new float[Math.toIntExact(vector.length())];
    copy(vector, values);
    return values;
  }

  /** Copies a vector's values into an array of the same length; null is a vector of none. */
  public static void copy(INDArray vector, float[] values) {
    requireLength(vector, values);
    if (values.length > 0) {
      view(vector).get(values);
    }
  }

  /** Overwrites a vector, of the same length. */
  public static void assign(INDArray vector, float[] values) {
    requireLength(vector, values);
    if (values.length > 0) {
      view(vector).put(values);
    }
  }

  private static void requireLength(INDArray vector, float[] values) {
    long length = vector == null ? 0 : vector.length();
    if (length != values.length) {
      throw new IllegalArgumentException(
          Text.format(
              "a vector of %d values and an array of %d do not fit", length, values.length));
    }
  }

  /** SHA-256, in lower-case hexadecimal, of the values as little-endian float32. */
  public static String sha256(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return DigestUtils.sha256Hex(bytes.array());
  }

  /**
   * The sum of the squares, in double; the order of additions depends on the lengths alone.
   *
   * @param tile what is read at a time, of any length; overwritten
   */
  static double squaredLength(FloatBuffer values, float[] tile) {
    // Several sums, so that an addition need not wait for the one before.
    double sum = 0;
    int end = values.limit();
    for (int from = values.position(); from < end; from += tile.length) {
      int count = Math.min(tile.length, end - from);
      values.get(from, tile, 0, count);
      double a = 0;
      double b = 0;
      double c = 0;
      double d = 0;
      int i = 0;
      for (; i + 3 < count; i += 4) {
        a += (double) tile[i] * tile[i];
        b += (double) tile[i + 1] * tile[i + 1];
        c += (double) tile[i + 2] * tile[i + 2];
        d += (double) tile[i + 3] * tile[i + 3];
      }
      for (; i < count; i++) {
        a += (double) tile[i] * tile[i];
      }
      sum += (a + b) + (c + d);
    }
    return sum;
  }

  /** Index of the first value that is not finite, or -1. */
  public static int firstNotFinite(float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        return i;
      }
    }
    return -1;
  }
}
