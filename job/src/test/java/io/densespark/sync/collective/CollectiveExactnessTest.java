package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.collective.Ranks.Transport;
import io.densespark.sync.tree.Bfloat16CodecTest;
import io.densespark.sync.tree.RankRange;
import io.densespark.sync.tree.WirePrecision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Every result against what one thread computes in the order of ranks. */
class CollectiveExactnessTest {
  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void sumsAlongTheTreeBitForBit(
      @ForAll Transport transport,
      @ForAll @IntRange(min = 1, max = 5) int worldSize,
      @ForAll @IntRange(min = 0, max = 40) int length,
      @ForAll long seed) {
    checkSum(transport, worldSize, length, seed);
  }

  @Property(tries = 12, shrinking = ShrinkingMode.OFF)
  void sumsBeyondOneTileBitForBit(
      @ForAll Transport transport,
      @ForAll @IntRange(min = 2, max = 5) int worldSize,
      @ForAll @IntRange(min = 2_000, max = 60_000) int length,
      @ForAll long seed) {
    checkSum(transport, worldSize, length, seed);
  }

  private static void checkSum(Transport transport, int worldSize, int length, long seed) {
    float[][] inputs = Vectors.nasty(worldSize, length, seed);
    float[] oracle = treeSum(RankRange.all(worldSize), inputs, (a, b) -> a + b);
    List<float[]> results =
        Ranks.run(
            transport,
            worldSize,
            collective -> {
              FloatBuffer values = somewhere(inputs[collective.slot()], seed, collective.slot());
              Ranks.sum(collective, values);
              return Vectors.toArray(values);
            });
    assertThat(results)
        .allSatisfy(result -> assertThat(Vectors.bits(result)).isEqualTo(Vectors.bits(oracle)));
  }

  /** The contract, element by element. */
  private static float[] treeSum(
      RankRange branch, float[][] inputs, java.util.function.BinaryOperator<Float> add) {
    if (branch.size() == 1) {
      return inputs[branch.from()].clone();
    }
    float[] sum = treeSum(branch.left(), inputs, add);
    float[] right = treeSum(branch.right(), inputs, add);
    for (int i = 0; i < sum.length; i++) {
      sum[i] = add.apply(sum[i], right[i]);
    }
    return sum;
  }

  /**
   * The values in the middle of an array or of native memory, as the seed has it for each rank: the
   * ways they travel differ, and must not show.
   */
  private static FloatBuffer somewhere(float[] values, long seed, int rank) {
    int length = values.length + 5;
    FloatBuffer all =
        (seed >> rank & 1) == 0
            ? FloatBuffer.allocate(length)
            : ByteBuffer.allocateDirect(Float.BYTES * length)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    return all.put(3, values).position(3).limit(3 + values.length);
  }

  @Property(tries = 40, shrinking = ShrinkingMode.OFF)
  void bf16SumsRoundEveryPartialSum(
      @ForAll Transport transport,
      @ForAll @IntRange(min = 1, max = 5) int worldSize,
      @ForAll @IntRange(min = 0, max = 9_000) int length,
      @ForAll long seed) {
    float[][] inputs = Vectors.moderate(worldSize, length, seed);
    float[][] rounded = new float[worldSize][length];
    for (int rank = 0; rank < worldSize; rank++) {
      for (int i = 0; i < length; i++) {
        rounded[rank][i] = Bfloat16CodecTest.nearestBf16(inputs[rank][i]);
      }
    }
    float[] oracle =
        treeSum(RankRange.all(worldSize), rounded, (a, b) -> Bfloat16CodecTest.nearestBf16(a + b));
    List<float[]> results =
        Ranks.run(
            transport,
            worldSize,
            collective -> {
              FloatBuffer values = somewhere(inputs[collective.slot()], seed, collective.slot());
              Ranks.sum(collective, values, WirePrecision.BF16);
              return Vectors.toArray(values);
            });
    assertThat(results)
        .allSatisfy(result -> assertThat(Vectors.bits(result)).isEqualTo(Vectors.bits(oracle)));
  }

  private static double companionSum(RankRange branch, double[] companions) {
    return branch.size() == 1
        ? companions[branch.from()]
        : companionSum(branch.left(), companions) + companionSum(branch.right(), companions);
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF)
  void theSumsCompanionIsAddedAlongTheSameTree(
      @ForAll Transport transport,
      @ForAll WirePrecision precision,
      @ForAll @IntRange(min = 1, max = 5) int worldSize,
      @ForAll @IntRange(min = 0, max = 7) int length) {
    double[] companions = {1e16, 1, -1e16, 0.1, Double.NaN};
    double oracle = companionSum(RankRange.all(worldSize), companions);
    List<Double> results =
        Ranks.run(
            transport,
            worldSize,
            collective ->
                Ranks.sum(
                    collective,
                    FloatBuffer.allocate(length),
                    precision,
                    companions[collective.slot()]));
    assertThat(results).containsOnly(oracle);
  }

  @Property(tries = 30, shrinking = ShrinkingMode.OFF)
  void weightedMeanIsTheTreesInDouble(
      @ForAll Transport transport,
      @ForAll @IntRange(min = 1, max = 5) int worldSize,
      @ForAll @IntRange(min = 0, max = 5_000) int length,
      @ForAll long seed) {
    float[][] inputs = Vectors.moderate(worldSize, length, seed);
    Random random = new Random(seed);
    long[] examples = new long[worldSize];
    for (int rank = 0; rank < worldSize; rank++) {
      examples[rank] = random.nextInt(4) * 37L;
    }
    examples[random.nextInt(worldSize)] = 128;
    float[] oracle = new float[length];
    for (int i = 0; i < length; i++) {
      double[] products = new double[worldSize];
      for (int rank = 0; rank < worldSize; rank++) {
        products[rank] = examples[rank] * (double) inputs[rank][i];
      }
      double sum = companionSum(RankRange.all(worldSize), products);
      oracle[i] = (float) (sum / java.util.Arrays.stream(examples).sum());
    }
    List<float[]> results =
        Ranks.run(
            transport,
            worldSize,
            collective -> {
              FloatBuffer values = somewhere(inputs[collective.slot()], seed, collective.slot());
              Ranks.mean(collective, values, examples[collective.slot()]);
              return Vectors.toArray(values);
            });
    assertThat(results)
        .allSatisfy(result -> assertThat(Vectors.bits(result)).isEqualTo(Vectors.bits(oracle)));
  }

  @Test
  void theOrderOfRanksMattersForTheValuesUsedHere() {
    float[][] inputs = Vectors.nasty(4, 200, 1);
    long different = 0;
    for (int i = 0; i < 200; i++) {
      float forward = ((inputs[0][i] + inputs[1][i]) + inputs[2][i]) + inputs[3][i];
      float backward = ((inputs[3][i] + inputs[2][i]) + inputs[1][i]) + inputs[0][i];
      different += Float.floatToIntBits(forward) == Float.floatToIntBits(backward) ? 0 : 1;
    }
    assertThat(different).isGreaterThan(20);
  }
}
