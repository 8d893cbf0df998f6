package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class StepCountsTest {

  @Property
  void everyExampleIsUsedExactlyOnce(
      @ForAll @IntRange(min = 1, max = 9) int worldSize,
      @ForAll @IntRange(min = 0, max = 500) int beyond,
      @ForAll @IntRange(min = 1, max = 40) int localBatch) {
    int examples = worldSize + beyond;
    StepCounts counts = StepCounts.even(examples, worldSize, worldSize * localBatch);

    int used = 0;
    for (int step = 0; step < counts.stepsPerEpoch(); step++) {
      assertThat(counts.globalExamplesAt(step)).isPositive();
      used += counts.globalExamplesAt(step);
    }
    assertThat(used).isEqualTo(examples).isEqualTo(counts.examples());
  }

  @Test
  void fashionMnistOnTwoReplicasTakes235Steps() {
    StepCounts counts = StepCounts.even(60_000, 2, 256);

    assertThat(counts.stepsPerEpoch()).isEqualTo(235);
    assertThat(counts.localBatch()).isEqualTo(128);
    assertThat(counts.globalExamplesAt(234)).isEqualTo(60_000 - 234 * 256);
  }

  @Test
  void saysWhichBatchesDivide() {
    assertThatThrownBy(() -> StepCounts.even(100, 3, 16)).hasMessageContaining("15 or 18");
    assertThatThrownBy(() -> StepCounts.even(2, 3, 3)).hasMessageContaining("at most 2");
  }
}
