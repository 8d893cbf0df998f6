package io.densespark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BilinearResizeTest {

  private static byte[] resize(
      byte[] source, int inHeight, int inWidth, int outHeight, int outWidth) {
    byte[] target = new byte[outHeight * outWidth];
    new BilinearResize(inHeight, inWidth, outHeight, outWidth).apply(source, 0, 1, target, 0);
    return target;
  }

  private static byte[] noise(int size, long seed) {
    byte[] bytes = new byte[size];
    new java.util.Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** The textbook's formula in floating point, before rounding. */
  private static double expected(byte[] p, int h, int w, int outH, int outW, int y, int x) {
    double sy = (y + 0.5) * h / outH - 0.5;
    double sx = (x + 0.5) * w / outW - 0.5;
    double sum = 0;
    for (int j = 0; j < h; j++) {
      for (int i = 0; i < w; i++) {
        double ty = Math.max(0, 1 - Math.abs(Math.min(h - 1, Math.max(0, sy)) - j));
        double tx = Math.max(0, 1 - Math.abs(Math.min(w - 1, Math.max(0, sx)) - i));
        sum += ty * tx * (p[j * w + i] & 0xff);
      }
    }
    return sum;
  }

  @Property(tries = 300)
  void isTheNearestByteToTheFormula(
      @ForAll @IntRange(min = 1, max = 12) int h,
      @ForAll @IntRange(min = 1, max = 12) int w,
      @ForAll @IntRange(min = 1, max = 30) int outH,
      @ForAll @IntRange(min = 1, max = 30) int outW,
      @ForAll long seed) {
    byte[] source = noise(h * w, seed);
    byte[] target = resize(source, h, w, outH, outW);
    for (int y = 0; y < outH; y++) {
      for (int x = 0; x < outW; x++) {
        double exact = expected(source, h, w, outH, outW, y, x);
        assertThat(Math.abs((target[y * outW + x] & 0xff) - exact)).isLessThan(0.5 + 1e-9);
      }
    }
  }

  @Property(tries = 50)
  void leavesAnImageOfTheWantedSizeAlone(
      @ForAll @IntRange(min = 1, max = 40) int h,
      @ForAll @IntRange(min = 1, max = 40) int w,
      @ForAll long seed) {
    assertThat(resize(noise(h * w, seed), h, w, h, w)).isEqualTo(noise(h * w, seed));
  }

  @Property
  void keepsAConstantConstant(
      @ForAll byte value,
      @ForAll @IntRange(min = 1, max = 50) int in,
      @ForAll @IntRange(min = 1, max = 50) int out) {
    byte[] source = new byte[in * in];
    Arrays.fill(source, value);
    assertThat(resize(source, in, in, out, out)).containsOnly(value);
  }

  @Test
  void keepsWhiteWhiteAtTheLargestSize() {
    byte[] source = {-1, -1, -1, -1};
    assertThat(resize(source, 2, 2, 1024, 1024)).containsOnly((byte) 255);
  }

  @Test
  void doublesByQuarters() {
    assertThat(resize(new byte[] {0, 100}, 1, 2, 1, 4)).containsExactly(0, 25, 75, 100);
    assertThat(resize(new byte[] {0, 100}, 2, 1, 4, 1)).containsExactly(0, 25, 75, 100);
  }

  @Test
  void halvesByAveragingPairsAndRoundsHalvesUp() {
    assertThat(resize(new byte[] {0, 1, 10, 20}, 1, 4, 1, 2)).containsExactly(1, 15);
    assertThat(resize(new byte[] {0, 1, 0, 0}, 2, 2, 1, 1)).containsExactly(0);
    assertThat(resize(new byte[] {0, 1, 0, 1}, 2, 2, 1, 1)).containsExactly(1);
  }

  @Test
  void takesTheCentreWhenShrinkingByAnOddFactor() {
    assertThat(resize(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3, 1, 1)).containsExactly(5);
  }

  @Test
  void resizesConsecutivePlanes() {
    ImageSet images = IdxFiles.sampleTrain();
    ImageSet resized = IdxFiles.resized(images, 48);
    int last = images.size() - 1;
    byte[] lastImage = Arrays.copyOfRange(images.pixels(), last * 784, (last + 1) * 784);
    assertThat(Arrays.copyOfRange(resized.pixels(), last * 2304, (last + 1) * 2304))
        .isEqualTo(resize(lastImage, 28, 28, 48, 48));
  }

  @Test
  void refusesSidesOutOfRange() {
    assertThatThrownBy(() -> new BilinearResize(28, 28, 0, 48)).hasMessageContaining("outHeight");
    assertThatThrownBy(() -> new BilinearResize(28, 28, 48, 1025)).hasMessageContaining("1024");
  }
}
