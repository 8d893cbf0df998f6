package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Oracles: the published rules in double, one layer after the other. */
class LayerwiseUpdaterTest {

  private static final int STEPS = 25;
  private static final int EXAMPLES = 12;
  private static final double DECAY = 0.01;
  private static final double COEFFICIENT = 0.02;
  private static final ISchedule RATE = new ExponentialSchedule(ScheduleType.ITERATION, 0.3, 0.95);

  /** Changes one parameter of a layer by one step. */
  private interface Oracle {
    void step(int step, boolean weights, double[] w, double[] g, double[][] state);
  }

  @Test
  void larsIsThatOfMlperfsReference() {
    assertFollows(
        UpdateConfig.Layerwise.LARS,
        new Nesterovs(RATE, 0.9),
        (step, weights, w, g, state) -> {
          double decay = weights ? DECAY : 0;
          double ratio = weights ? COEFFICIENT * norm(w) / (norm(g) + decay * norm(w)) : 1;
          for (int i = 0; i < w.length; i++) {
            double scaled = RATE.valueAt(step, 0) * ratio * (g[i] + decay * w[i]);
            state[0][i] = 0.9 * state[0][i] - scaled;
            w[i] += state[0][i];
          }
        });
  }

  @Test
  void lambIsThatOfTensorflowAddons() {
    assertFollows(
        UpdateConfig.Layerwise.LAMB,
        Adam.builder().learningRateSchedule(RATE).beta1(0.9).beta2(0.99).epsilon(1e-6).build(),
        (step, weights, w, g, state) -> {
          double[] r = new double[w.length];
          for (int i = 0; i < w.length; i++) {
            state[0][i] = 0.9 * state[0][i] + 0.1 * g[i];
            state[1][i] = 0.99 * state[1][i] + 0.01 * g[i] * g[i];
            double first = state[0][i] / (1 - Math.pow(0.9, step + 1));
            double second = state[1][i] / (1 - Math.pow(0.99, step + 1));
            r[i] = first / (Math.sqrt(second) + 1e-6) + (weights ? DECAY * w[i] : 0);
          }
          double ratio = weights ? norm(w) / norm(r) : 1;
          for (int i = 0; i < w.length; i++) {
            w[i] -= RATE.valueAt(step, 0) * ratio * r[i];
          }
        });
  }

  private static void assertFollows(UpdateConfig.Layerwise rule, IUpdater dl4j, Oracle oracle) {
    ComputationGraph graph = graph(dl4j);
    LayerwiseUpdater updater = new LayerwiseUpdater(graph, config(rule));
    List<ParameterRange> ranges = ParameterRange.of(graph);
    double[] expected = graph.params().toDoubleVector();
    double[][] state = new double[2][expected.length];
    Random random = new Random(5);
    for (int step = 0; step < STEPS; step++) {
      float[] gradient = FusedUpdaterTest.gaussians(random, expected.length);
      FlatVectors.assign(graph.getFlattenedGradients(), gradient);
      updater.apply(step, 0, EXAMPLES);
      for (ParameterRange range : ranges) {
        double[] w = Arrays.copyOfRange(expected, range.start(), range.end());
        double[] g = new double[w.length];
        for (int i = 0; i < g.length; i++) {
          g[i] = (double) gradient[range.start() + i] / (range.statistics() ? 1 : EXAMPLES);
        }
        if (range.statistics()) {
          for (int i = 0; i < w.length; i++) {
            w[i] -= g[i];
          }
        } else {
          double[][] own = new double[2][];
          for (int k = 0; k < 2; k++) {
            own[k] = Arrays.copyOfRange(state[k], range.start(), range.end());
          }
          oracle.step(step, range.name().endsWith("_W"), w, g, own);
          for (int k = 0; k < 2; k++) {
            System.arraycopy(own[k], 0, state[k], range.start(), w.length);
          }
        }
        System.arraycopy(w, 0, expected, range.start(), w.length);
      }
    }
    float[] parameters = FlatVectors.toArray(graph.params());
    for (ParameterRange range : ranges) {
      for (int i = range.start(); i < range.end(); i++) {
        assertThat((double) parameters[i])
            .as("%s, value %d", range.name(), i)
            .isCloseTo(expected[i], within(1e-5 * (1 + Math.abs(expected[i]))));
      }
    }
    assertThat(updater.trustRatios()).containsOnlyKeys("a_W", "b_W", "out_W");
  }

  @Test
  void larsScalesALayersUpdateWithItsWeights() {
    ComputationGraph once = graph(new Nesterovs(0.1, 0.9));
    ComputationGraph tenfold = graph(new Nesterovs(0.1, 0.9));
    float[] gradient = FusedUpdaterTest.gaussians(new Random(7), (int) once.numParams());
    ParameterRange layer = range(once, "a_W");
    float[] weights = FlatVectors.toArray(once.params());
    float[] tenfoldWeights = weights.clone();
    float[] tenfoldGradient = gradient.clone();
    for (int i = layer.start(); i < layer.end(); i++) {
      tenfoldWeights[i] *= 10;
      tenfoldGradient[i] *= 10;
    }
    FlatVectors.assign(tenfold.params(), tenfoldWeights);

    float[] after = updated(once, gradient);
    float[] tenfoldAfter = updated(tenfold, tenfoldGradient);

    for (int i = layer.start(); i < layer.end(); i++) {
      assertThat((tenfoldAfter[i] - tenfoldWeights[i]) / 10)
          .isCloseTo(after[i] - weights[i], within(1e-6f));
    }
    assertThat(after[layer.start()]).isNotEqualTo(weights[layer.start()]);
  }

  @Test
  void weightsOfZeroTakeAPlainStep() {
    ComputationGraph graph = graph(new Nesterovs(0.1, 0.9));
    ParameterRange layer = range(graph, "b_W");
    float[] weights = FlatVectors.toArray(graph.params());
    Arrays.fill(weights, layer.start(), layer.end(), 0);
    FlatVectors.assign(graph.params(), weights);
    float[] gradient = FusedUpdaterTest.gaussians(new Random(7), weights.length);

    float[] after = updated(graph, gradient);

    for (int i = layer.start(); i < layer.end(); i++) {
      assertThat(after[i]).isCloseTo(-0.1f * gradient[i] / EXAMPLES, within(1e-7f));
    }
  }

  @Test
  void anotherUpdaterIsRefusedByName() {
    ComputationGraph graph = graph(new Sgd(0.1));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LayerwiseUpdater(graph, config(UpdateConfig.Layerwise.LARS)))
        .withMessageContainingAll("Sgd", "a_b", "LARS", "Nesterovs");
  }

  private static float[] updated(ComputationGraph graph, float[] gradient) {
    FlatVectors.assign(graph.getFlattenedGradients(), gradient);
    new LayerwiseUpdater(graph, config(UpdateConfig.Layerwise.LARS)).apply(0, 0, EXAMPLES);
    return FlatVectors.toArray(graph.params());
  }

  private static ParameterRange range(ComputationGraph graph, String name) {
    return ParameterRange.of(graph).stream()
        .filter(range -> range.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static ComputationGraph graph(IUpdater updater) {
    return FusedUpdaterTest.graph(
        FusedUpdaterTest.configuration(net -> net.updater(updater).l2(DECAY)));
  }

  private static UpdateConfig config(UpdateConfig.Layerwise rule) {
    return new UpdateConfig(0, false, 0, rule, COEFFICIENT, 0);
  }

  private static double norm(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(value -> value * value).sum());
  }
}
