package io.densespark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.data.Augmentation.Change;
import io.densespark.data.DataConfig.AugmentConfig;
import io.densespark.data.DataConfig.AugmentConfig.Flip;
import io.densespark.data.DataConfig.ErasingConfig;
import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class AugmentationTest {

  private static final byte[] SOURCE = {1, 2, 3, 4, 5, 6, 7, 8, 9};

  private static byte[] changed(Change change) {
    byte[] target = new byte[9];
    Augmentation.change(SOURCE, target, 1, 3, 3, change);
    return target;
  }

  private static byte[] drawn(AugmentConfig config, long seed, int epoch, int example) {
    byte[] target = new byte[9];
    new Augmentation(config, seed).apply(SOURCE, target, 1, 3, 3, epoch, example);
    return target;
  }

  private static AugmentConfig augment(Flip flip, int padding) {
    return new AugmentConfig(flip, padding, ErasingConfig.none(), 0);
  }

  @Test
  void mirrorsColumns() {
    assertThat(changed(new Change(true, 0, 0))).containsExactly(3, 2, 1, 6, 5, 4, 9, 8, 7);
  }

  @Test
  void cropsOutOfZeroPadding() {
    assertThat(changed(new Change(false, 1, 0))).containsExactly(4, 5, 6, 7, 8, 9, 0, 0, 0);
    assertThat(changed(new Change(false, -1, 0))).containsExactly(0, 0, 0, 1, 2, 3, 4, 5, 6);
    assertThat(changed(new Change(false, 0, 2))).containsExactly(3, 0, 0, 6, 0, 0, 9, 0, 0);
    assertThat(changed(new Change(true, 0, -1))).containsExactly(2, 1, 0, 5, 4, 0, 8, 7, 0);
  }

  /** The definition itself: pad, cut, mirror, pixel by pixel. */
  @Property
  void isPaddingCuttingAndMirroring(
      @ForAll @IntRange(min = 1, max = 3) int channels,
      @ForAll @IntRange(min = 1, max = 6) int height,
      @ForAll @IntRange(min = 1, max = 6) int width,
      @ForAll boolean flip,
      @ForAll @IntRange(min = -8, max = 8) int down,
      @ForAll @IntRange(min = -8, max = 8) int right) {
    byte[] source = new byte[channels * height * width];
    new java.util.Random(1).nextBytes(source);
    byte[] target = new byte[source.length];
    java.util.Arrays.fill(target, (byte) 77);
    Augmentation.change(source, target, channels, height, width, new Change(flip, down, right));
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int row = y + down;
          int column = (flip ? width - 1 - x : x) + right;
          boolean inside = row >= 0 && row < height && column >= 0 && column < width;
          assertThat(target[(c * height + y) * width + x])
              .isEqualTo(inside ? source[(c * height + row) * width + column] : 0);
        }
      }
    }
  }

  @Test
  void changesNothingWhenSwitchedOff() {
    assertThat(Augmentation.none().isIdentity()).isTrue();
    assertThat(drawn(AugmentConfig.none(), 3, 4, 5)).isEqualTo(SOURCE);
  }

  @Test
  void isAFunctionOfSeedEpochAndExample() {
    AugmentConfig config = augment(Flip.RANDOM, 2);
    assertThat(drawn(config, 1, 2, 3)).isEqualTo(drawn(config, 1, 2, 3));
    Map<String, Integer> seen = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      seen.merge(java.util.Arrays.toString(drawn(config, i, 0, 0)), 1, Integer::sum);
      seen.merge(java.util.Arrays.toString(drawn(config, 0, i, 0)), 1, Integer::sum);
      seen.merge(java.util.Arrays.toString(drawn(config, 0, 0, i)), 1, Integer::sum);
    }
    // All 50 changes occur, each drawn with probability 1/50 (nine standard deviations).
    assertThat(seen).hasSizeBetween(45, 50);
  }

  @Test
  void mirrorsHalfOfTheImages() {
    int mirrored = 0;
    for (int i = 0; i < 10_000; i++) {
      mirrored += drawn(augment(Flip.RANDOM, 0), 1, 0, i)[0] == 3 ? 1 : 0;
    }
    assertThat(mirrored).isBetween(4_750, 5_250);
  }

  @Test
  void alternatingMirrorsEveryImageInEveryOtherEpochAndHalfOfThemInEach() {
    AugmentConfig config = augment(Flip.ALTERNATING, 0);
    int mirroredFirst = 0;
    for (int example = 0; example < 10_000; example++) {
      boolean first = drawn(config, 1, 0, example)[0] == 3;
      mirroredFirst += first ? 1 : 0;
      for (int epoch = 1; epoch < 4; epoch++) {
        assertThat(drawn(config, 1, epoch, example)[0] == 3).isEqualTo(first == (epoch % 2 == 0));
      }
    }
    assertThat(mirroredFirst).isBetween(4_750, 5_250);
  }

  @Test
  void erasesAfterCropAndMirrorWhichStayAsTheyWere() {
    AugmentConfig without = augment(Flip.RANDOM, 1);
    AugmentConfig with =
        new AugmentConfig(Flip.RANDOM, 1, new ErasingConfig(1, 0.1, 0.3, 0.5, 99), 0);
    int erased = 0;
    for (int example = 0; example < 100; example++) {
      byte[] before = drawn(without, 1, 0, example);
      byte[] after = drawn(with, 1, 0, example);
      for (int i = 0; i < before.length; i++) {
        assertThat(after[i]).isIn(before[i], (byte) 99);
        erased += after[i] == 99 ? 1 : 0;
      }
    }
    assertThat(erased).isPositive();
  }

  @Test
  void refusesNegativePadding() {
    assertThatThrownBy(() -> augment(Flip.OFF, -1)).hasMessageContaining("-1");
  }
}
