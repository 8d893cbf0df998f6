package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.sync.SyncConfig.ExchangeRule;
import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.RankRange;
import io.densespark.sync.tree.SlotSums;
import io.densespark.sync.tree.WirePrecision;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Slots with several ranks each, whose gradients they add before: the bits of one that has all. */
class HierarchyTest {

  @Property(tries = 40, shrinking = ShrinkingMode.OFF)
  void theBitsDoNotDependOnWhoHoldsWhichRanks(
      @ForAll @IntRange(min = 1, max = 17) int worldSize,
      @ForAll WirePrecision precision,
      @ForAll long seed) {
    Random random = new Random(seed);
    int length = random.nextInt(6_000);
    float[][] inputs =
        precision == WirePrecision.FP32
            ? Vectors.nasty(worldSize, length, seed)
            : Vectors.moderate(worldSize, length, seed);
    List<Integer> slots = new ArrayList<>();
    int free = worldSize;
    while (free > 0 && slots.size() < 4) {
      int some = 1 + random.nextInt(Math.min(free, 3));
      slots.add(some);
      free -= some;
    }
    Placement several = new Placement(worldSize, slots);

    checkBits(several, ExchangeRule.DIRECT, inputs, precision);
  }

  @Property(tries = 40, shrinking = ShrinkingMode.OFF)
  void theBitsDoNotDependOnHowExecutorsExchange(
      @ForAll @IntRange(min = 1, max = 3) int levels,
      @ForAll @IntRange(min = 1, max = 2) int slots,
      @ForAll @IntRange(min = 0, max = 2) int ranksLevel,
      @ForAll WirePrecision precision,
      @ForAll long seed) {
    int executors = 1 << levels;
    int worldSize = executors * slots << ranksLevel;
    int length = new Random(seed).nextInt(20_000);
    Placement placement = new Placement(worldSize, Collections.nCopies(executors, slots));
    assertThat(HalvingAndDoubling.suits(placement)).isTrue();
    float[][] inputs =
        precision == WirePrecision.FP32
            ? Vectors.nasty(worldSize, length, seed)
            : Vectors.moderate(worldSize, length, seed);

    checkBits(placement, ExchangeRule.HALVING_AND_DOUBLING, inputs, precision);
  }

  private static void checkBits(
      Placement several, ExchangeRule rule, float[][] inputs, WirePrecision precision) {
    Placement alone = new Placement(several.worldSize(), List.of(1));
    int[] sum = Vectors.bits(summed(alone, ExchangeRule.DIRECT, inputs, precision).get(0));
    int[] mean = Vectors.bits(averaged(alone, ExchangeRule.DIRECT, inputs).get(0));

    assertThat(summed(several, rule, inputs, precision))
        .allSatisfy(one -> assertThat(Vectors.bits(one)).isEqualTo(sum));
    assertThat(averaged(several, rule, inputs))
        .allSatisfy(one -> assertThat(Vectors.bits(one)).isEqualTo(mean));
  }

  private static List<float[]> summed(
      Placement placement, ExchangeRule rule, float[][] inputs, WirePrecision precision) {
    return Ranks.run(
        placement,
        rule,
        collective -> {
          RankRange mine = collective.ranks();
          DenseExchange exchange = new DenseExchange(collective, precision);
          FloatBuffer gradient = FloatBuffer.allocate(inputs[0].length);
          for (int step = 0; step < 2; step++) {
            for (int rank = mine.from(); rank < mine.to(); rank++) {
              gradient.put(0, inputs[rank]);
              exchange.add(rank, gradient, new Companions(rank, 2 * rank));
            }
            double ranks = inputs.length * (inputs.length - 1) / 2.0;
            assertThat(exchange.sumWithCompanions(gradient))
                .isEqualTo(new Companions(ranks, 2 * ranks));
          }
          return Vectors.toArray(gradient);
        });
  }

  private static List<float[]> averaged(Placement placement, ExchangeRule rule, float[][] inputs) {
    return Ranks.run(
        placement,
        rule,
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
          return Vectors.toArray(mean);
        });
  }

  /** What makes a hierarchy worth it. */
  @Test
  void whatAnExecutorSendsDoesNotDependOnItsSlots() {
    int length = 10_000;
    List<Long> bytes = new ArrayList<>();
    for (int slots : new int[] {1, 4}) {
      Placement placement = new Placement(8, List.of(slots, slots));
      bytes.addAll(bytesSent(placement, ExchangeRule.DIRECT, length));
    }
    long values = length * Float.BYTES;
    assertThat(bytes).containsOnly(values + 2 * FrameHeader.BYTES + Companions.BYTES);
  }

  @Test
  void halvingAndDoublingSendsTheSameValuesInFewerFrames() {
    int length = 16_384;
    Placement placement = new Placement(8, Collections.nCopies(8, 1));
    long values = 2 * 7L * length / 8 * Float.BYTES;

    assertThat(bytesSent(placement, ExchangeRule.DIRECT, length))
        .containsOnly(values + 7 * (2 * FrameHeader.BYTES + Companions.BYTES));
    assertThat(bytesSent(placement, ExchangeRule.HALVING_AND_DOUBLING, length))
        .containsOnly(values + 3 * (2 * FrameHeader.BYTES + Companions.BYTES));
  }

  private static List<Long> bytesSent(Placement placement, ExchangeRule rule, int length) {
    return Ranks.run(
        placement,
        rule,
        collective -> {
          DenseExchange exchange = new DenseExchange(collective, WirePrecision.FP32);
          FloatBuffer gradient = FloatBuffer.allocate(length);
          collective.barrier();
          long before = collective.stats().bytesSent();
          for (int rank = collective.ranks().from(); rank < collective.ranks().to(); rank++) {
            exchange.add(rank, gradient);
          }
          exchange.sum(gradient);
          return collective.stats().bytesSent() - before;
        });
  }

  /**
   * Those of a step with a short wire format, or of averaging, are of several kinds and lengths.
   */
  @Test
  void operationsInTurnKeepTheirMemory() {
    Placement placement = new Placement(2, List.of(1, 1));
    List<Long> buffers =
        Ranks.run(
            placement,
            ExchangeRule.HALVING_AND_DOUBLING,
            collective -> {
              long before = 0;
              for (int step = 0; step < 200; step++) {
                if (step == 10) {
                  collective.barrier();
                  before = directBuffers();
                }
                Ranks.sum(collective, FloatBuffer.allocate(100));
                Ranks.sum(collective, FloatBuffer.allocate(3_000), WirePrecision.BF16);
                Ranks.mean(collective, FloatBuffer.allocate(50), 1);
              }
              collective.barrier();
              return directBuffers() - before;
            });
    assertThat(buffers).allSatisfy(more -> assertThat(more).isLessThan(50));
  }

  private static long directBuffers() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getCount)
        .sum();
  }

  @Test
  void halvingAndDoublingSuitsHalvesOfTheTree() {
    assertThat(HalvingAndDoubling.suits(new Placement(8, List.of(8)))).isFalse();
    assertThat(HalvingAndDoubling.suits(new Placement(8, List.of(2, 2)))).isTrue();
    assertThat(HalvingAndDoubling.suits(new Placement(8, List.of(1, 3)))).isFalse();
    assertThat(HalvingAndDoubling.suits(new Placement(3, List.of(2, 1)))).isTrue();
    assertThat(HalvingAndDoubling.suits(new Placement(12, List.of(3, 3, 3, 3)))).isFalse();
    assertThat(HalvingAndDoubling.suits(new Placement(8, List.of(2, 2, 2)))).isFalse();
    assertThat(HalvingAndDoubling.suits(new Placement(16_384, Collections.nCopies(512, 32))))
        .isTrue();
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
    assertThat(branches.size()).isLessThanOrEqualTo(Math.max(1, SlotSums.most(part.size())));
  }
}
