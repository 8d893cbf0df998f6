package io.densespark.data;

import io.densespark.text.Text;

/**
 * Resizes uint8 images bilinearly with half-pixel centres, in exact integer arithmetic.
 *
 * <p>Along each axis, output pixel {@code i} of {@code out} lies at input coordinate {@code s = (i
 * + 1/2) * in / out - 1/2}. With {@code f = s - floor(s)} it takes {@code (1 - f) * p[floor(s)] + f
 * * p[floor(s) + 1]}, where indexes beyond the edge mean the edge's pixel. Rows and columns are
 * combined before one rounding to the nearest, halves upwards. Downscaling does not average beyond
 * the two neighbours. This is what OpenCV calls {@code INTER_LINEAR}, without its fixed-point
 * error.
 *
 * <p>Multiplied by {@code 2 * out}, every weight is an integer, so an output pixel is an integer
 * divided by {@code d = 4 * outHeight * outWidth}. The division is a multiplication by {@code
 * ceil(2^k / d)}, exact for every dividend below {@code 2^n} when {@code k = n + ceil(log2 d)}
 * (Granlund and Montgomery 1994).
 *
 * <p>Not safe for use by several threads at once.
 */
public final class BilinearResize {

  /** Largest side of an output image; keeps every intermediate value within an int. */
  public static final int MAX_SIDE = 1024;

  /** Largest side of an input image; keeps coordinates within an int. */
  public static final int MAX_INPUT_SIDE = 1 << 16;

  private final int inHeight;
  private final int inWidth;
  private final Axis rows;
  private final Axis columns;
  private final int half;
  private final long reciprocal;
  private final int shift;

  /** Weighted sums along the columns, [inHeight, outWidth]. */
  private final int[] across;

  public BilinearResize(int inHeight, int inWidth, int outHeight, int outWidth) {
    requireSide("inHeight", inHeight, MAX_INPUT_SIDE);
    requireSide("inWidth", inWidth, MAX_INPUT_SIDE);
    requireSide("outHeight", outHeight, MAX_SIDE);
    requireSide("outWidth", outWidth, MAX_SIDE);
    this.inHeight = inHeight;
    this.inWidth = inWidth;
    this.rows = Axis.of(inHeight, outHeight);
    this.columns = Axis.of(inWidth, outWidth);
    int divisor = 4 * outHeight * outWidth;
    this.half = divisor / 2;
    int dividendBits = Integer.SIZE - Integer.numberOfLeadingZeros(255 * divisor + half);
    this.shift = dividendBits + Integer.SIZE - Integer.numberOfLeadingZeros(divisor - 1);
    this.reciprocal = ((1L << shift) + divisor - 1) / divisor;
    this.across = new int[inHeight * outWidth];
  }

  private static void requireSide(String name, int value, int largest) {
    if (value < 1 || value > largest) {
      throw new IllegalArgumentException(
          Text.format("%s must be 1 to %d, was %d", name, largest, value));
    }
  }

  /**
   * Resizes consecutive planes.
   *
   * @param source uint8 [planes, inHeight, inWidth] from {@code sourceOffset}
   * @param target uint8 [planes, outHeight, outWidth] from {@code targetOffset}, overwritten
   */
  public void apply(byte[] source, int sourceOffset, int planes, byte[] target, int targetOffset) {
    int inBytes = inHeight * inWidth;
    int outBytes = rows.size() * columns.size();
    for (int plane = 0; plane < planes; plane++) {
      weighColumns(source, sourceOffset + plane * inBytes);
      weighRows(target, targetOffset + plane * outBytes);
    }
  }

  private void weighColumns(byte[] source, int offset) {
    int outWidth = columns.size();
    int[] first = columns.first;
    int[] second = columns.second;
    int[] firstWeight = columns.firstWeight;
    int[] secondWeight = columns.secondWeight;
    for (int y = 0; y < inHeight; y++) {
      int in = offset + y * inWidth;
      int out = y * outWidth;
      for (int x = 0; x < outWidth; x++) {
        across[out + x] =
            firstWeight[x] * (source[in + first[x]] & 0xff)
                + secondWeight[x] * (source[in + second[x]] & 0xff);
      }
    }
  }

  private void weighRows(byte[] target, int offset) {
    int outWidth = columns.size();
    for (int y = 0; y < rows.size(); y++) {
      int upper = rows.first[y] * outWidth;
      int lower = rows.second[y] * outWidth;
      int upperWeight = rows.firstWeight[y];
      int lowerWeight = rows.secondWeight[y];
      int out = offset + y * outWidth;
      for (int x = 0; x < outWidth; x++) {
        int sum = upperWeight * across[upper + x] + lowerWeight * across[lower + x] + half;
        target[out + x] = (byte) ((sum * reciprocal) >>> shift);
      }
    }
  }

  /**
   * The two neighbours of every output pixel along one axis; weights are out of {@code 2 * out}.
   */
  private record Axis(int[] first, int[] second, int[] firstWeight, int[] secondWeight) {

    static Axis of(int in, int out) {
      Axis axis = new Axis(new int[out], new int[out], new int[out], new int[out]);
      for (int i = 0; i < out; i++) {
        int coordinate = (2 * i + 1) * in - out;
        int floor = Math.floorDiv(coordinate, 2 * out);
        axis.first[i] = Math.max(0, floor);
        axis.second[i] = Math.min(in - 1, floor + 1);
        axis.secondWeight[i] = Math.floorMod(coordinate, 2 * out);
        axis.firstWeight[i] = 2 * out - axis.secondWeight[i];
      }
      return axis;
    }

    int size() {
      return first.length;
    }
  }
}
