package io.densespark.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.Plan;
import io.densespark.engine.plan.PlanOptions;
import io.densespark.engine.plan.PlanOptions.Optimization;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Each optimisation on and off computes the same. */
class OptionsTest {
  private static final double TOLERANCE = 2e-5;

  static Stream<Arguments> options() {
    return Stream.concat(
        Stream.of(Arguments.of("all off", PlanOptions.none())),
        Stream.of(Optimization.values())
            .map(one -> Arguments.of("without " + one, PlanOptions.all().without(one))));
  }

  /** ReLU, so that it is fused; few layers, so that no value lies within rounding of 0. */
  private static Comparison net() {
    return new Comparison(
        Nets.denseNet(1, 8, 24, 12, new int[] {2, 2}, true, Activation.RELU), 4, 1, 8, 8);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("options")
  void switchingOffChangesNothing(String title, PlanOptions options) {
    Comparison net = net();
    try (Plan on = new OneDnnEngine().compile(net.configuration, net.config);
        Plan off = new OneDnnEngine(options).compile(net.configuration, net.config)) {
      Comparison.Result with = net.byPlan(on);
      Comparison.Result without = net.byPlan(off);
      double gradient = Comparison.distance(without.gradient(), with.gradient());
      INDArray inferred = net.inferByPlan(on);
      double inference = Comparison.distance(net.inferByPlan(off), inferred);
      System.out.printf(
          Locale.ROOT,
          "%-22s gradient %.1e, inference %.1e of %.0e%n",
          title,
          gradient,
          inference,
          TOLERANCE);
      assertThat(without.loss())
          .isCloseTo(with.loss(), org.assertj.core.data.Offset.offset(TOLERANCE));
      assertThat(gradient).isLessThan(TOLERANCE);
      assertThat(inference).isLessThan(TOLERANCE);
    }
  }

  @Test
  void chunksOfABatchGiveTheAnswersOfTheWhole() {
    int images = 2 * OneDnnPlan.CHUNK_IMAGES + 5;
    Comparison net =
        new Comparison(
            new Nets.Chain(3, 5, 4).conv(17, 3, 1, 1).poolAndClassify(), images, 3, 5, 4);
    PlanOptions whole = PlanOptions.all().without(Optimization.CHUNK_INFERENCE);
    try (Plan on = new OneDnnEngine().compile(net.configuration, net.config);
        Plan off = new OneDnnEngine(whole).compile(net.configuration, net.config)) {
      double difference = Comparison.distance(net.inferByPlan(off), net.inferByPlan(on));
      System.out.printf(
          Locale.ROOT, "%d images in chunks: %.1e of %.0e%n", images, difference, TOLERANCE);
      assertThat(difference).isLessThan(TOLERANCE);
    }
  }

  @Test
  void reuseSavesMemory() {
    Comparison net = net();
    PlanOptions noReuse = PlanOptions.all().without(Optimization.REUSE_MEMORY);
    try (Plan on = new OneDnnEngine().compile(net.configuration, net.config);
        Plan off = new OneDnnEngine(noReuse).compile(net.configuration, net.config)) {
      System.out.printf(
          Locale.ROOT,
          "arena %d bytes, %d without reuse%n",
          on.summary().arenaBytes(),
          off.summary().arenaBytes());
      assertThat(on.summary().arenaBytes()).isLessThan(off.summary().arenaBytes() * 3 / 4);
    }
  }
}
