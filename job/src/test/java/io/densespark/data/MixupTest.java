package io.densespark.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.densespark.random.KeyedRandom;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MixupTest {

  /** Mean 1/2, variance 1 / (4 (2 alpha + 1)), and as many below a quarter as above three. */
  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.2, 1, 2.5, 4})
  void weightsAreOfTheBetaDistribution(double alpha) {
    KeyedRandom random = new KeyedRandom(3);
    double[] drawn =
        IntStream.range(0, 40_000).mapToDouble(i -> Mixup.beta(alpha, random)).toArray();
    assertThat(Arrays.stream(drawn).allMatch(one -> 0 <= one && one <= 1)).isTrue();
    double mean = Arrays.stream(drawn).average().orElseThrow();
    double variance =
        Arrays.stream(drawn).map(one -> (one - mean) * (one - mean)).average().orElseThrow();
    assertThat(mean).isCloseTo(0.5, within(0.0125));
    assertThat(variance).isCloseTo(1 / (4 * (2 * alpha + 1)), within(0.005));
  }

  /** The distribution function of Beta(1/2, 1/2) is known: 2/pi asin(sqrt x). */
  @Test
  void weightsAreOfTheArcsineDistributionForAHalf() {
    KeyedRandom random = new KeyedRandom(4);
    double[] drawn =
        IntStream.range(0, 40_000).mapToDouble(i -> Mixup.beta(0.5, random)).sorted().toArray();
    for (double x : new double[] {0.05, 0.2, 0.5, 0.7, 0.95}) {
      long below = Arrays.stream(drawn).filter(one -> one < x).count();
      assertThat(below / 40_000.0).isCloseTo(2 / Math.PI * Math.asin(Math.sqrt(x)), within(0.0125));
    }
  }

  @Test
  void partnersAreAPermutationAndLabelsStillSumToOne() {
    for (int seed = 0; seed < 50; seed++) {
      Mixup mixup = Mixup.draw(0.3, 16, new KeyedRandom(KeyedRandom.mix(seed)));
      assertThat(Arrays.stream(mixup.partners()).sorted().toArray())
          .isEqualTo(IntStream.range(0, 16).toArray());
      float[] labels = new float[16 * 4];
      for (int i = 0; i < 16; i++) {
        labels[4 * i + i % 4] = 1;
      }
      mixup.labels(labels, 4);
      for (int i = 0; i < 16; i++) {
        float sum = 0;
        for (int k = 0; k < 4; k++) {
          sum += labels[4 * i + k];
        }
        assertThat(sum).isEqualTo(1);
      }
    }
  }

  @Test
  void shareOfOneOrNoneLeavesOneImageAsItIs() {
    byte[] images = {0, 1, (byte) 200, (byte) 255, 7, 90};
    byte[] mixed = new byte[3];
    new Mixup(Mixup.ONE, new int[] {1, 0}).images(images, 0, mixed);
    assertThat(mixed).containsExactly(0, 1, (byte) 200);
    new Mixup(0, new int[] {1, 0}).images(images, 0, mixed);
    assertThat(mixed).containsExactly((byte) 255, 7, 90);
  }
}
