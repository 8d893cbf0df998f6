package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.collective.Ranks.Transport;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every result against what one thread computes in the order of ranks. */
class CollectiveExactnessTest {
  private static final float[] NASTY = {
    0f,
    -0f,
    1f,
    -1f,
    1e30f,
    -1e30f,
    3e38f,
    -3e38f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    1e-39f,
    -1e-39f,
    Float.MIN_NORMAL,
    1e-8f,
    -1e-8f,
    16777216f,
    1.0000001f,
    0.1f,
    -0.3f
  };

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
    float[][] inputs = nasty(worldSize, length, seed);
    float[] oracle = treeSum(RankRange.all(worldSize), inputs, (a, b) -> a + b);
    List<float[]> results =
        Ranks.run(
            transport,
            worldSize,
            collective -> {
              FloatBuffer values = somewhere(inputs[collective.slot()], seed, collective.slot());
              Ranks.sum(collective, values);
              return toArray(values);
            });
    assertThat(results).allSatisfy(result -> assertThat(bits(result)).isEqualTo(bits(oracle)));
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

  private static float[] toArray(FloatBuffer values) {
    float[] array = new float[values.remaining()];
    values.get(values.position(), array);
    return array;
  }

  @Property(tries = 40, shrinking = ShrinkingMode.OFF)
  void bf16SumsRoundEveryPartialSum(
      @ForAll Transport transport,
      @ForAll @IntRange(min = 1, max = 5) int worldSize,
      @ForAll @IntRange(min = 0, max = 9_000) int length,
      @ForAll long seed) {
    float[][] inputs = moderate(worldSize, length, seed);
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
              return toArray(values);
            });
    assertThat(results).allSatisfy(result -> assertThat(bits(result)).isEqualTo(bits(oracle)));
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
    float[][] inputs = moderate(worldSize, length, seed);
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
              return toArray(values);
            });
    assertThat(results).allSatisfy(result -> assertThat(bits(result)).isEqualTo(bits(oracle)));
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void directBuffersKeepTheirPositionAndWhatLiesOutside(Transport transport) {
    Ranks.run(
        transport,
        3,
        collective -> {
          FloatBuffer values =
              ByteBuffer.allocateDirect(4 * 12).order(ByteOrder.nativeOrder()).asFloatBuffer();
          for (int i = 0; i < 12; i++) {
            values.put(i, i);
          }
          values.position(2).limit(11);
          Ranks.sum(collective, values);
          assertThat(values.position()).isEqualTo(2);
          assertThat(values.limit()).isEqualTo(11);
          values.clear();
          for (int i = 0; i < 12; i++) {
            assertThat(values.get(i)).isEqualTo(i < 2 || i >= 11 ? i : 3f * i);
          }
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void doesNotDependOnWhoComesFirst(Transport transport) {
    float[][] inputs = nasty(4, 10_000, 7);
    List<int[]> results = new ArrayList<>();
    for (int late = 0; late < 4; late++) {
      int lateRank = late;
      results.addAll(
          Ranks.run(
              transport,
              4,
              collective -> {
                if (collective.slot() == lateRank) {
                  Thread.sleep(30);
                }
                float[] values = inputs[collective.slot()].clone();
                Ranks.sum(collective, values, 0, values.length);
                return bits(values);
              }));
    }
    assertThat(results).allSatisfy(result -> assertThat(result).isEqualTo(results.get(0)));
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void mixedOperationsOfChangingLengthsFollowEachOther(Transport transport) {
    Ranks.run(
        transport,
        3,
        collective -> {
          for (int step = 0; step < 50; step++) {
            collective.beginStep(step);
            float[] values = new float[step * 331 % 7000];
            Arrays.fill(values, collective.slot() + step);
            Ranks.sum(collective, values, 0, values.length);
            for (float value : values) {
              assertThat(value).isEqualTo(3f * step + 3);
            }
            byte[][] all = collective.allGather(new byte[] {(byte) collective.slot()});
            assertThat(all).isDeepEqualTo(new byte[][] {{0}, {1}, {2}});
            collective.barrier("step " + step);
          }
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void gathersBytesOfAnyLengthByRank(Transport transport) {
    List<byte[][]> results =
        Ranks.run(
            transport,
            4,
            collective -> {
              byte[] mine = new byte[collective.slot() * 100_000];
              Arrays.fill(mine, (byte) (collective.slot() + 1));
              return collective.allGather(mine);
            });
    for (byte[][] all : results) {
      for (int rank = 0; rank < 4; rank++) {
        byte[] sent = new byte[rank * 100_000];
        Arrays.fill(sent, (byte) (rank + 1));
        assertThat(all[rank]).isEqualTo(sent);
      }
    }
  }

  @Test
  void sendsAndReceivesAsManyBytesAsARing() {
    int length = 100_000;
    List<CollectiveStats> costs =
        Ranks.run(
            Transport.TCP,
            4,
            collective -> {
              collective.barrier("met");
              CollectiveStats before = collective.stats();
              Ranks.sum(collective, new float[length], 0, length);
              return collective.stats().since(before);
            });
    long ring = 2L * 3 * (length / 4) * Float.BYTES;
    long headers = 2L * 3 * FrameHeader.BYTES + 3 * Companions.BYTES;
    assertThat(costs)
        .allSatisfy(
            cost -> {
              assertThat(cost.bytesSent()).isEqualTo(ring + headers);
              assertThat(cost.bytesReceived()).isEqualTo(ring + headers);
              assertThat(cost.waitNanos()).isBetween(0L, cost.communicationNanos());
              assertThat(cost.operations()).isEqualTo(1);
            });
  }

  /** Slots with several ranks each, whose gradients they add before. */
  @Property(tries = 40, shrinking = ShrinkingMode.OFF)
  void theBitsDoNotDependOnWhoHoldsWhichRanks(
      @ForAll @IntRange(min = 1, max = 17) int worldSize,
      @ForAll WirePrecision precision,
      @ForAll long seed) {
    Random random = new Random(seed);
    int length = random.nextInt(6_000);
    float[][] inputs =
        precision == WirePrecision.FP32
            ? nasty(worldSize, length, seed)
            : moderate(worldSize, length, seed);
    Placement alone = new Placement(worldSize, List.of(1));
    List<Integer> slots = new ArrayList<>();
    int free = worldSize;
    while (free > 0 && slots.size() < 4) {
      int some = 1 + random.nextInt(Math.min(free, 3));
      slots.add(some);
      free -= some;
    }
    Placement several = new Placement(worldSize, slots);

    float[] expected = summed(alone, inputs, precision).get(0);

    assertThat(summed(several, inputs, precision))
        .allSatisfy(sum -> assertThat(bits(sum)).isEqualTo(bits(expected)));
    assertThat(averaged(several, inputs))
        .allSatisfy(mean -> assertThat(bits(mean)).isEqualTo(bits(averaged(alone, inputs).get(0))));
  }

  private static List<float[]> summed(
      Placement placement, float[][] inputs, WirePrecision precision) {
    return run(
        placement,
        collective -> {
          RankRange mine = collective.ranks();
          PartialSums sums = new PartialSums(RankRange.all(inputs.length), mine, precision);
          FloatBuffer gradient = FloatBuffer.allocate(inputs[0].length);
          for (int step = 0; step < 2; step++) {
            for (int rank = mine.from(); rank < mine.to(); rank++) {
              gradient.put(0, inputs[rank]);
              sums.add(rank, gradient, new Companions(rank, 2 * rank));
            }
            double ranks = inputs.length * (inputs.length - 1) / 2.0;
            assertThat(collective.sum(sums.take(), gradient, precision))
                .isEqualTo(new Companions(ranks, 2 * ranks));
          }
          return toArray(gradient);
        });
  }

  private static List<float[]> averaged(Placement placement, float[][] inputs) {
    return run(
        placement,
        collective -> {
          List<Part> parts = new ArrayList<>();
          RankRange mine = collective.ranks();
          for (int rank = mine.from(); rank < mine.to(); rank++) {
            parts.add(
                new Part(
                    RankRange.of(rank),
                    FloatBuffer.wrap(inputs[rank].clone()),
                    Companions.of(rank + 1)));
          }
          FloatBuffer mean = FloatBuffer.allocate(inputs[0].length);
          collective.mean(parts, mean);
          return toArray(mean);
        });
  }

  private static <T> List<T> run(Placement placement, Ranks.Body<T> body) {
    return Ranks.outcomes(placement, Ranks.TIMEOUT, body).stream()
        .map(Ranks.Outcome::orThrow)
        .toList();
  }

  /** What makes a hierarchy worth it. */
  @Test
  void whatAnExecutorSendsDoesNotDependOnItsSlots() {
    int length = 10_000;
    List<Long> bytes = new ArrayList<>();
    for (int slots : new int[] {1, 4}) {
      Placement placement = new Placement(8, List.of(slots, slots));
      bytes.addAll(
          run(
              placement,
              collective -> {
                PartialSums sums =
                    new PartialSums(RankRange.all(8), collective.ranks(), WirePrecision.FP32);
                FloatBuffer gradient = FloatBuffer.allocate(length);
                collective.barrier("met");
                long before = collective.stats().bytesSent();
                for (int rank = collective.ranks().from(); rank < collective.ranks().to(); rank++) {
                  sums.add(rank, gradient, Companions.of(0));
                }
                collective.sum(sums.take(), gradient, WirePrecision.FP32);
                return collective.stats().bytesSent() - before;
              }));
    }
    long values = length * Float.BYTES;
    assertThat(bytes).containsOnly(values + 2 * FrameHeader.BYTES + Companions.BYTES);
  }

  @Property
  void branchesAreTheFewestThatCoverAPart(
      @ForAll @IntRange(min = 1, max = 200) int worldSize,
      @ForAll @IntRange(min = 0, max = 199) int a,
      @ForAll @IntRange(min = 0, max = 199) int b) {
    int from = Math.min(a, b) % worldSize;
    RankRange part = new RankRange(from, Math.max(from + 1, Math.min(worldSize, Math.max(a, b))));

    List<RankRange> branches = RankRange.all(worldSize).branches(part);

    int at = part.from();
    for (RankRange branch : branches) {
      assertThat(branch.from()).isEqualTo(at);
      at = branch.to();
    }
    assertThat(at).isEqualTo(part.to());
    int levels = Integer.SIZE - Integer.numberOfLeadingZeros(worldSize);
    assertThat(branches).hasSizeLessThanOrEqualTo(2 * levels);
    assertThat(branches.size())
        .isLessThanOrEqualTo(Math.max(1, PartialSums.mostVectors(part.size())));
  }

  static float[][] nasty(int worldSize, int length, long seed) {
    Random random = new Random(seed);
    float[][] inputs = new float[worldSize][length];
    for (int i = 0; i < length; i++) {
      float value = NASTY[random.nextInt(NASTY.length)];
      for (int rank = 0; rank < worldSize; rank++) {
        // Half of the time what cancels the last value, so that order shows.
        value =
            switch (random.nextInt(4)) {
              case 0, 1 -> -value;
              case 2 -> NASTY[random.nextInt(NASTY.length)];
              default -> (float) random.nextGaussian();
            };
        inputs[rank][i] = value;
      }
    }
    return inputs;
  }

  static float[][] moderate(int worldSize, int length, long seed) {
    Random random = new Random(seed);
    float[][] inputs = new float[worldSize][length];
    for (float[] input : inputs) {
      for (int i = 0; i < length; i++) {
        input[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(12) - 8));
      }
    }
    return inputs;
  }

  /** Raw bits, in which -0.0 differs from 0.0; any NaN is one. */
  static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bits;
  }

  @Test
  void theOrderOfRanksMattersForTheValuesUsedHere() {
    float[][] inputs = nasty(4, 200, 1);
    long different = 0;
    for (int i = 0; i < 200; i++) {
      float forward = ((inputs[0][i] + inputs[1][i]) + inputs[2][i]) + inputs[3][i];
      float backward = ((inputs[3][i] + inputs[2][i]) + inputs[1][i]) + inputs[0][i];
      different += Float.floatToIntBits(forward) == Float.floatToIntBits(backward) ? 0 : 1;
    }
    assertThat(different).isGreaterThan(20);
  }
}
