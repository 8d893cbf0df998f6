package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AveragingArithmeticTest {

  @Property
  void meanOfEqualReplicasIsThatReplica(
      @ForAll float value,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 100_000) Integer> counts) {
    float[][] byRank = new float[counts.size()][1];
    long[] examples = new long[counts.size()];
    for (int rank = 0; rank < counts.size(); rank++) {
      byRank[rank][0] = value;
      examples[rank] = counts.get(rank);
    }
    float[] mean = new float[1];
    AveragingArithmetic.weightedMean(byRank, examples, mean);
    assertThat(Float.floatToIntBits(mean[0])).isEqualTo(Float.floatToIntBits(value));
  }

  @Property
  void meanIsTheExactOneToTheLastPlace(
      @ForAll @Size(5) List<@FloatRange(min = 1, max = 1000) Float> values,
      @ForAll @Size(5) List<@IntRange(min = 1, max = 60_000) Integer> counts) {
    float[][] byRank = new float[5][1];
    long[] examples = new long[5];
    BigDecimal sum = BigDecimal.ZERO;
    long total = 0;
    for (int rank = 0; rank < 5; rank++) {
      byRank[rank][0] = values.get(rank);
      examples[rank] = counts.get(rank);
      sum =
          sum.add(new BigDecimal(values.get(rank)).multiply(BigDecimal.valueOf(counts.get(rank))));
      total += counts.get(rank);
    }
    float[] mean = new float[1];
    AveragingArithmetic.weightedMean(byRank, examples, mean);
    float exact = sum.divide(BigDecimal.valueOf(total), MathContext.DECIMAL128).floatValue();
    assertThat(Math.abs(mean[0] - exact)).isLessThanOrEqualTo(Math.ulp(exact));
  }

  @Test
  void weighsByExamplesAndLeavesOutRanksWithoutAny() {
    float[] mean = new float[2];
    AveragingArithmetic.weightedMean(
        new float[][] {{1, 10}, {5, 50}, {Float.NaN, Float.NaN}}, new long[] {3, 1, 0}, mean);
    assertThat(mean).containsExactly(2, 20);
  }

  @Test
  void refusesWhatCannotBeAveraged() {
    float[] mean = new float[1];
    assertThatThrownBy(
            () -> AveragingArithmetic.weightedMean(new float[][] {{1}}, new long[] {0}, mean))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("total weight 0");
    assertThatThrownBy(
            () -> AveragingArithmetic.weightedMean(new float[][] {{1}}, new long[] {-1}, mean))
        .hasMessageContaining("weight -1");
    assertThatThrownBy(
            () -> AveragingArithmetic.weightedMean(new float[][] {{1, 2}}, new long[] {1}, mean))
        .hasMessageContaining("rank 0 has 2 values");
  }
}
