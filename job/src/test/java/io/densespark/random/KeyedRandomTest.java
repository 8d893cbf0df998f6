package io.densespark.random;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.random.KeyedRandom.Purpose;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class KeyedRandomTest {

  @Property
  void isSplitMix64(@ForAll long seed) {
    KeyedRandom ours = new KeyedRandom(seed);
    SplittableRandom javas = new SplittableRandom(seed);
    for (int i = 0; i < 20; i++) {
      assertThat(ours.nextLong()).isEqualTo(javas.nextLong());
      assertThat(ours.nextDouble()).isEqualTo(javas.nextDouble());
    }
  }

  @Property
  void staysBelowItsBound(@ForAll long seed, @ForAll @IntRange(min = 1) int bound) {
    KeyedRandom random = new KeyedRandom(seed);
    for (int i = 0; i < 20; i++) {
      assertThat(random.nextInt(bound)).isBetween(0, bound - 1);
    }
  }

  @Test
  void isUniform() {
    KeyedRandom random = new KeyedRandom(7);
    int[] counts = new int[6];
    for (int i = 0; i < 60_000; i++) {
      counts[random.nextInt(6)]++;
    }
    // Five standard deviations of a binomial with n = 60,000 and p = 1/6.
    for (int count : counts) {
      assertThat(count).isBetween(10_000 - 457, 10_000 + 457);
    }
  }

  @Test
  void drawsEveryPermutationEquallyOften() {
    int[] counts = new int[27];
    for (int seed = 0; seed < 12_000; seed++) {
      int[] p = KeyedRandom.of(seed, Purpose.EPOCH_ORDER, 0, 0).permutation(3);
      counts[9 * p[0] + 3 * p[1] + p[2]]++;
    }
    for (int index : new int[] {5, 7, 11, 15, 19, 21}) {
      assertThat(counts[index]).isBetween(2_000 - 205, 2_000 + 205);
    }
  }

  @Test
  void givesEveryKeyItsOwnStream() {
    Set<Long> firsts = new HashSet<>();
    for (Purpose purpose : Purpose.values()) {
      for (int a = 0; a < 50; a++) {
        for (int b = 0; b < 50; b++) {
          firsts.add(KeyedRandom.of(1, purpose, a, b).nextLong());
          firsts.add(KeyedRandom.of(2, purpose, a, b).nextLong());
        }
      }
    }
    assertThat(firsts).hasSize(2 * Purpose.values().length * 50 * 50);
  }
}
