package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.sync.collective.Ranks.Transport;
import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.tree.WirePrecision;
import io.densespark.train.RankState;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ThresholdExchangeTest {
  private static final float TAU = 0.25f;
  private static final ThresholdConfig FIXED = new ThresholdConfig(TAU, 0, 1, 1);

  private static GradientExchange exchange(
      Collective collective, int length, ThresholdConfig config) {
    return new ThresholdExchange(collective, length, config);
  }

  /**
   * Multiples of 2^-10 up to 2, so that sums and residuals are exact and can be compared as such.
   */
  private static float[] dyadic(int length, long seed) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (random.nextInt(4097) - 2048) / 1024f * (random.nextInt(3) == 0 ? 1 : 0.125f);
    }
    return values;
  }

  @Property(tries = 40, shrinking = ShrinkingMode.OFF)
  void nothingIsLostAndAllRanksHoldTheSame(
      @ForAll Transport transport,
      @ForAll @IntRange(min = 1, max = 4) int worldSize,
      @ForAll @IntRange(min = 0, max = 500) int length,
      @ForAll long seed) {
    int steps = 5;
    record Run(List<float[]> sums, float[] residual) {}
    List<Run> runs =
        Ranks.run(
            transport,
            worldSize,
            collective -> {
              GradientExchange exchange = exchange(collective, length, FIXED);
              List<float[]> sums = new ArrayList<>();
              for (int step = 0; step < steps; step++) {
                float[] gradient = dyadic(length, seed + 31 * step + collective.slot());
                sum(exchange, collective.slot(), FloatBuffer.wrap(gradient));
                sums.add(gradient);
              }
              return new Run(sums, residual(exchange));
            });
    double[] given = new double[length];
    for (int step = 0; step < steps; step++) {
      for (int rank = 0; rank < worldSize; rank++) {
        add(given, dyadic(length, seed + 31 * step + rank));
      }
    }
    double[] accounted = new double[length];
    for (int step = 0; step < steps; step++) {
      float[] first = runs.get(0).sums().get(step);
      add(accounted, first);
      for (Run run : runs) {
        assertThat(run.sums().get(step)).isEqualTo(first);
      }
    }
    runs.forEach(run -> add(accounted, run.residual()));
    assertThat(accounted).isEqualTo(given);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.02, 0.2, 0.9})
  void sendsWhatDl4jWouldSend(double share) {
    int length = 4_000;
    float[] gradient = new float[length];
    Random random = new Random(11);
    for (int i = 0; i < length; i++) {
      boolean large = random.nextDouble() < share;
      gradient[i] = (float) (random.nextGaussian() * (large ? 1 : 1e-3));
    }
    INDArray residual = Nd4j.createFromArray(gradient.clone());
    INDArray encoded = Nd4j.getExecutioner().thresholdEncode(residual, TAU);
    INDArray sent = Nd4j.getExecutioner().thresholdDecode(encoded, Nd4j.zeros(length));

    GradientExchange exchange = exchange(Ranks.single(), length, FIXED);
    sum(exchange, 0, FloatBuffer.wrap(gradient));
    assertThat(gradient).isEqualTo(sent.toFloatVector());
    assertThat(residual(exchange)).isEqualTo(residual.toFloatVector());
  }

  @Test
  void aDenseMessageIsNoLongerThanTwoBitsAValue() {
    int length = 16_000;
    List<Long> bytes =
        Ranks.run(
            Transport.TCP,
            2,
            collective -> {
              GradientExchange exchange = exchange(collective, length, FIXED);
              float[] gradient = new float[length];
              java.util.Arrays.fill(gradient, 0, length / 2, 1f);
              collective.barrier();
              long before = collective.stats().bytesSent();
              sum(exchange, collective.slot(), FloatBuffer.wrap(gradient));
              assertThat(gradient[0]).isEqualTo(2 * TAU);
              assertThat(gradient[length - 1]).isEqualTo(0);
              return collective.stats().bytesSent() - before;
            });
    assertThat(bytes).containsOnly((long) FrameHeader.BYTES + Integer.BYTES + 8 + length / 4);
  }

  @Test
  void resumesFromItsStateBitForBit() {
    Ranks.run(
        Transport.IN_JVM,
        2,
        collective -> {
          ThresholdConfig config = ThresholdConfig.adaptive(0.1f);
          GradientExchange whole = exchange(collective, 300, config);
          List<float[]> undisturbed = new ArrayList<>();
          List<RankState> middle = null;
          for (int step = 0; step < 10; step++) {
            if (step == 5) {
              middle = whole.states();
            }
            float[] gradient = dyadic(300, step * 7 + collective.slot());
            sum(whole, collective.slot(), FloatBuffer.wrap(gradient));
            undisturbed.add(gradient);
          }
          GradientExchange resumed = exchange(collective, 300, config);
          resumed.restore(middle);
          for (int step = 5; step < 10; step++) {
            float[] gradient = dyadic(300, step * 7 + collective.slot());
            sum(resumed, collective.slot(), FloatBuffer.wrap(gradient));
            assertThat(gradient).isEqualTo(undisturbed.get(step));
          }
          assertThat(resumed.states()).isEqualTo(whole.states());
          return null;
        });
  }

  @Test
  void theThresholdFollowsTheDensity() {
    GradientExchange exchange =
        exchange(Ranks.single(), 1_000, new ThresholdConfig(1f, 0.01, 0.1, 2f));
    sum(exchange, 0, FloatBuffer.wrap(new float[1_000]));
    assertThat(exchange.states().get(0).values()[0]).isEqualTo(0.5f);
    float[] large = new float[1_000];
    java.util.Arrays.fill(large, 10f);
    sum(exchange, 0, FloatBuffer.wrap(large));
    assertThat(exchange.states().get(0).values()[0]).isEqualTo(1f);
  }

  @Test
  void allRanksLearnOfAGradientThatIsNotFinite() {
    List<Boolean> finite =
        Ranks.run(
            Ranks.Transport.IN_JVM,
            2,
            collective -> {
              float other = collective.slot() == 1 ? Float.NaN : 1;
              return sum(
                  exchange(collective, 2, FIXED),
                  collective.slot(),
                  FloatBuffer.wrap(new float[] {1, other}));
            });

    assertThat(finite).containsExactly(false, false);
  }

  private static boolean sum(GradientExchange exchange, int rank, FloatBuffer gradient) {
    exchange.add(rank, gradient);
    return exchange.sum(gradient);
  }

  @Test
  void formatsWithoutMemoryHaveNoState() {
    GradientExchange exchange = new DenseExchange(Ranks.single(), WirePrecision.BF16);
    assertThat(exchange.states()).isEmpty();
    assertThatThrownBy(() -> exchange.restore(List.of(new RankState(new float[2]))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("BF16");
  }

  private static void add(double[] sum, float[] values) {
    for (int i = 0; i < values.length; i++) {
      sum[i] += values[i];
    }
  }

  private static float[] residual(GradientExchange exchange) {
    float[] state = exchange.states().get(0).values();
    return Arrays.copyOfRange(state, 1, state.length);
  }
}
