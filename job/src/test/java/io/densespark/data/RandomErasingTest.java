package io.densespark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.densespark.data.DataConfig.ErasingConfig;
import io.densespark.data.RandomErasing.Rectangle;
import io.densespark.random.KeyedRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomErasingTest {

  private static final int SIDE = 48;
  private static final ErasingConfig PUBLISHED =
      new ErasingConfig(0.5, 0.02, 0.4, 0.3, ErasingConfig.NOISE);

  private static List<Rectangle> drawn(ErasingConfig config, int height, int width, int count) {
    List<Rectangle> drawn = new ArrayList<>();
    for (int seed = 0; seed < count; seed++) {
      Optional<Rectangle> one =
          RandomErasing.draw(config, height, width, new KeyedRandom(KeyedRandom.mix(seed)));
      one.ifPresent(drawn::add);
    }
    return drawn;
  }

  private static byte[] erased(ErasingConfig config, int channels, long seed) {
    byte[] image = new byte[channels * SIDE * SIDE];
    java.util.Arrays.fill(image, (byte) 7);
    RandomErasing.apply(config, image, channels, SIDE, SIDE, new KeyedRandom(seed));
    return image;
  }

  @Test
  void rectanglesLieWithinTheImageAndTheRangesOfAreaAndAspect() {
    List<Rectangle> all = drawn(PUBLISHED, SIDE, SIDE, 10_000);
    assertThat(all).hasSize(10_000);
    for (Rectangle one : all) {
      assertThat(one.top()).isNotNegative();
      assertThat(one.left()).isNotNegative();
      assertThat(one.bottom()).isBetween(one.top(), SIDE);
      assertThat(one.right()).isBetween(one.left(), SIDE);
      double rows = one.bottom() - one.top();
      double columns = one.right() - one.left();
      // Half a pixel of rounding in each side.
      assertThat((rows + 0.5) * (columns + 0.5)).isGreaterThanOrEqualTo(0.02 * SIDE * SIDE);
      assertThat((rows - 0.5) * (columns - 0.5)).isLessThanOrEqualTo(0.4 * SIDE * SIDE);
      assertThat((rows + 0.5) / (columns - 0.5)).isGreaterThanOrEqualTo(0.3);
      assertThat((rows - 0.5) / (columns + 0.5)).isLessThanOrEqualTo(1 / 0.3);
    }
  }

  /** Small enough that nearly nothing is drawn twice: the mean is that of the uniform area. */
  @Test
  void areaAndPlaceAreUniform() {
    ErasingConfig small = new ErasingConfig(1, 0.02, 0.2, 0.8, ErasingConfig.NOISE);
    List<Rectangle> all = drawn(small, SIDE, SIDE, 20_000);
    double area =
        all.stream()
            .mapToDouble(one -> (one.bottom() - one.top()) * (one.right() - one.left()))
            .average()
            .orElseThrow();
    assertThat(area / (SIDE * SIDE)).isCloseTo(0.11, within(0.002));
    assertThat(all.stream().mapToInt(one -> one.top() + one.bottom()).average().orElseThrow())
        .isCloseTo(SIDE, within(0.8));
    assertThat(all.stream().mapToInt(one -> one.left() + one.right()).average().orElseThrow())
        .isCloseTo(SIDE, within(0.8));
  }

  @Test
  void erasesWithTheProbabilityGiven() {
    int changed = 0;
    for (int i = 0; i < 4_000; i++) {
      byte[] image = erased(PUBLISHED, 1, KeyedRandom.mix(i));
      for (byte pixel : image) {
        if (pixel != 7) {
          changed++;
          break;
        }
      }
    }
    // Five standard deviations of a binomial with n = 4,000 and p = 1/2.
    assertThat(changed).isBetween(2_000 - 158, 2_000 + 158);
  }

  @Test
  void noiseTakesEveryGreyLevel() {
    ErasingConfig always = new ErasingConfig(1, 0.2, 0.4, 0.3, ErasingConfig.NOISE);
    Set<Byte> levels = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      for (byte pixel : erased(always, 1, i)) {
        levels.add(pixel);
      }
    }
    assertThat(levels).hasSize(256);
  }

  @Test
  void aFixedSquareIsCutoutAndTheSameInEveryChannel() {
    double area = 12.0 * 12.0 / (SIDE * SIDE);
    ErasingConfig cutout = new ErasingConfig(1, area, area, 1, 200);
    byte[] image = erased(cutout, 2, 5);
    int count = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
      assertThat(image[SIDE * SIDE + i]).isEqualTo(image[i]);
      assertThat(image[i]).isIn((byte) 7, (byte) 200);
      count += image[i] == 7 ? 0 : 1;
    }
    assertThat(count).isEqualTo(144);
  }

  @Test
  void anImageThatNoRectangleFitsStaysAsItIs() {
    assertThat(drawn(new ErasingConfig(1, 0.9, 0.95, 0.02, ErasingConfig.NOISE), 1, 3, 100))
        .isEmpty();
  }

  @Test
  void refusesAnEmptyRangeOfAreas() {
    assertThatThrownBy(() -> new ErasingConfig(0.5, 0.4, 0.2, 0.3, ErasingConfig.NOISE))
        .hasMessageContaining("least must not be above")
        .hasMessageContaining("0.4")
        .hasMessageContaining("0.2");
  }
}
