package io.densespark.sync.collective;

import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One rank's places that reached its threshold. Either sparse, one word a place (its index, and the
 * sign in the top bit), or, when those would be more words, a bitmap of two bits a value (1: plus,
 * 2: minus), sixteen to a word.
 *
 * <pre>
 * int    places, or -1 for a bitmap
 * float  threshold; NaN: a value was not finite, and there are no places
 * int[]  words
 * </pre>
 */
final class ThresholdMessage {
  private static final int HEADER_BYTES = 8;
  private static final int BITMAP = -1;
  private static final int VALUES_PER_WORD = 16;
  private static final int MINUS = Integer.MIN_VALUE;

  private final int length;
  private final int[] words;
  private int wordCount;
  private boolean bitmap;
  private float threshold;

  ThresholdMessage(int length) {
    this.length = length;
    words = new int[bitmapWords(length)];
  }

  private static int bitmapWords(int length) {
    return length / VALUES_PER_WORD + (length % VALUES_PER_WORD == 0 ? 0 : 1);
  }

  /** Bytes of the longest message about that many values. */
  static int maxBytes(int length) {
    return HEADER_BYTES + bitmapWords(length) * Integer.BYTES;
  }

  /** Says that there was a value that is not finite. */
  void diverged() {
    threshold = Float.NaN;
    bitmap = false;
    wordCount = 0;
  }

  boolean isFinite() {
    return !Float.isNaN(threshold);
  }

  /** Takes {@code hits} values that reach the threshold out of the residual. */
  void encode(float[] residual, float atLeast, int hits) {
    threshold = atLeast;
    bitmap = hits > words.length;
    wordCount = bitmap ? words.length : hits;
    if (bitmap) {
      Arrays.fill(words, 0);
    }
    int place = 0;
    for (int i = 0; i < length; i++) {
      float value = residual[i];
      if (Math.abs(value) < threshold) {
        continue;
      }
      boolean minus = value < 0;
      residual[i] = minus ? value + threshold : value - threshold;
      if (bitmap) {
        words[i / VALUES_PER_WORD] |= (minus ? 2 : 1) << (2 * (i % VALUES_PER_WORD));
      } else {
        words[place++] = minus ? i | MINUS : i;
      }
    }
  }

  /** Writes the message from the buffer's position on. */
  void write(ByteBuffer out) {
    out.putInt(bitmap ? BITMAP : wordCount).putFloat(threshold);
    out.asIntBuffer().put(0, words, 0, wordCount);
    out.position(out.position() + wordCount * Integer.BYTES);
  }

  /** Reads the next message. */
  void read(ByteBuffer in) {
    int places = in.getInt();
    threshold = in.getFloat();
    bitmap = places == BITMAP;
    wordCount = bitmap ? words.length : places;
    if (wordCount < 0 || wordCount > words.length || in.remaining() < wordCount * Integer.BYTES) {
      throw new IllegalArgumentException(
          Text.format(
              "threshold message with %d places and %d bytes does not fit %d values",
              places, in.remaining(), length));
    }
    in.asIntBuffer().get(0, words, 0, wordCount);
    in.position(in.position() + wordCount * Integer.BYTES);
  }

  /** Adds plus or minus the threshold at each place. */
  void addTo(float[] sum) {
    if (!bitmap) {
      for (int i = 0; i < wordCount; i++) {
        sum[words[i] & ~MINUS] += words[i] < 0 ? -threshold : threshold;
      }
      return;
    }
    for (int w = 0; w < wordCount; w++) {
      int bits = words[w];
      for (int i = w * VALUES_PER_WORD; bits != 0; i++, bits >>>= 2) {
        if ((bits & 3) != 0) {
          sum[i] += (bits & 3) == 2 ? -threshold : threshold;
        }
      }
    }
  }
}
