package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GradientNoiseTest {

  private static final int LENGTH = 50;

  @ParameterizedTest
  @CsvSource({"2, 1", "2, 32", "7, 16"})
  void theVarianceIsThatOfTheRanksMeansTimesTheirBatch(int ranks, int localBatch) {
    double[][] means = gaussian(ranks, LENGTH, new Random(3));
    double[] mean = mean(means);
    double squaredDistances = 0;
    for (double[] ofRank : means) {
      squaredDistances += squaredDistance(ofRank, mean);
    }

    GradientNoise noise = noise(means, equal(ranks, localBatch));

    assertThat(noise.variance())
        .isCloseTo(localBatch * squaredDistances / (ranks - 1), within(1e-9 * noise.variance()));
  }

  @Test
  void bothAreRightOnAverageAlsoWhereRanksHaveDifferentBatches() {
    Random random = new Random(5);
    double[] truth = new double[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      truth[i] = 0.1 * random.nextGaussian();
    }
    double squared = squaredDistance(truth, new double[LENGTH]);
    double deviation = 0.5;
    int[] batches = {8, 8, 3, 0};
    int trials = 20_000;
    double sumOfSquared = 0;
    double sumOfVariance = 0;
    for (int trial = 0; trial < trials; trial++) {
      double[][] means = gaussian(batches.length, LENGTH, random);
      for (int rank = 0; rank < batches.length; rank++) {
        for (int i = 0; i < LENGTH; i++) {
          means[rank][i] =
              truth[i] + means[rank][i] * deviation / Math.sqrt(Math.max(1, batches[rank]));
        }
      }
      GradientNoise noise = noise(means, batches);
      sumOfSquared += noise.squaredGradient();
      sumOfVariance += noise.variance();
    }

    assertThat(sumOfSquared / trials).isCloseTo(squared, within(0.01 * squared));
    double variance = LENGTH * deviation * deviation;
    assertThat(sumOfVariance / trials).isCloseTo(variance, within(0.01 * variance));
  }

  @Test
  void oneRankAloneTellsNothing() {
    assertThat(GradientNoise.of(2, 3, 1, 32).isKnown()).isFalse();
  }

  @Test
  void theScaleIsTheRatioOfAveragesWhoseWeightsAddUpToOne() {
    NoiseScale scale = new NoiseScale();
    double[] squared = {4, -1, 3, 0.5};
    double[] variances = {100, 120, 90, 110};
    double weights = 0;
    double squaredSum = 0;
    double varianceSum = 0;
    for (int i = 0; i < squared.length; i++) {
      scale.add(i + 1, new GradientNoise(squared[i], variances[i]));
      weights = 0.99 * weights + 0.01;
      squaredSum = 0.99 * squaredSum + 0.01 * squared[i];
      varianceSum = 0.99 * varianceSum + 0.01 * variances[i];
    }

    assertThat(scale.average().squaredGradient()).isCloseTo(squaredSum / weights, within(1e-12));
    assertThat(scale.average().variance()).isCloseTo(varianceSum / weights, within(1e-12));
    assertThat(scale.examples()).isCloseTo(varianceSum / squaredSum, within(1e-10));
  }

  @Test
  void theScaleGoesOnFromAnAverageThatWasKept() {
    NoiseScale whole = new NoiseScale();
    whole.add(1, new GradientNoise(1, 10));
    NoiseScale resumed = new NoiseScale();
    resumed.restore(whole.average());
    for (NoiseScale one : new NoiseScale[] {whole, resumed}) {
      one.add(2, GradientNoise.NONE);
      one.add(3, new GradientNoise(2, 30));
    }

    assertThat(resumed.average()).isEqualTo(whole.average());
  }

  @Test
  void aGradientThatNoiseHidesHasNoScale() {
    NoiseScale scale = new NoiseScale();
    assertThat(scale.examples()).isNaN();
    scale.add(1, new GradientNoise(-0.5, 10));
    assertThat(scale.examples()).isNaN();
    scale.add(2, new GradientNoise(4, 10));
    assertThat(scale.examples()).isPositive();
  }

  /** From the ranks' means, as a step sums them. */
  private static GradientNoise noise(double[][] means, int[] batches) {
    double ofRanks = 0;
    double[] sum = new double[LENGTH];
    int examples = 0;
    int ranks = 0;
    for (int rank = 0; rank < means.length; rank++) {
      int n = batches[rank];
      for (int i = 0; i < LENGTH; i++) {
        sum[i] += n * means[rank][i];
        ofRanks += n * means[rank][i] * means[rank][i];
      }
      examples += n;
      ranks += n > 0 ? 1 : 0;
    }
    return GradientNoise.of(ofRanks, squaredDistance(sum, new double[LENGTH]), ranks, examples);
  }

  @Test
  void squaresOfAVectorAreAddedInDouble() {
    float[] values = new float[10_007];
    double expected = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 2 == 0 ? 1e-3f * i : 1e18f;
      expected += (double) values[i] * values[i];
    }

    assertThat(FlatVectors.squaredLength(FloatBuffer.wrap(values), new float[4096]))
        .isCloseTo(expected, within(1e-12 * expected));
    assertThat(
            FlatVectors.squaredLength(
                FloatBuffer.wrap(new float[] {9, 3, 4, 9}, 1, 2), new float[1]))
        .isEqualTo(25);
  }

  private static int[] equal(int ranks, int localBatch) {
    int[] batches = new int[ranks];
    java.util.Arrays.fill(batches, localBatch);
    return batches;
  }

  private static double[][] gaussian(int rows, int columns, Random random) {
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      for (int i = 0; i < columns; i++) {
        row[i] = random.nextGaussian();
      }
    }
    return values;
  }

  private static double[] mean(double[][] rows) {
    double[] mean = new double[LENGTH];
    for (double[] row : rows) {
      for (int i = 0; i < LENGTH; i++) {
        mean[i] += row[i] / rows.length;
      }
    }
    return mean;
  }

  private static double squaredDistance(double[] one, double[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (one[i] - other[i]) * (one[i] - other[i]);
    }
    return sum;
  }
}
