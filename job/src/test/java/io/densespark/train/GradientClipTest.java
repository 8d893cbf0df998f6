package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.Sgd;

class GradientClipTest {

  private static final int EXAMPLES = 8;

  private final ComputationGraph graph =
      FusedUpdaterTest.graph(FusedUpdaterTest.configuration(net -> net.updater(new Sgd(0.1))));
  private final List<ParameterRange> ranges = ParameterRange.of(graph);
  private final float[] gradient =
      FusedUpdaterTest.gaussians(new Random(9), (int) graph.numParams());

  @Test
  void longGradientIsShortenedToTheLimitAndKeepsItsDirection() {
    double norm = norm(gradient) / EXAMPLES;
    float[] clipped = clipped(norm / 3);

    assertThat(norm(clipped) / EXAMPLES).isCloseTo(norm / 3, within(1e-6 * norm));
    for (ParameterRange range : ranges) {
      for (int i = range.start(); i < range.end(); i++) {
        float expected = range.statistics() ? gradient[i] : gradient[i] / 3;
        assertThat(clipped[i]).as(range.name()).isCloseTo(expected, within(1e-6f));
      }
    }
  }

  @Test
  void shortGradientStaysAsItIs() {
    assertThat(clipped(1.01 * norm(gradient) / EXAMPLES)).containsExactly(gradient);
  }

  private float[] clipped(double limit) {
    float[] values = gradient.clone();
    new GradientClip(limit, ranges).apply(FloatBuffer.wrap(values), EXAMPLES);
    return values;
  }

  /** Of what is no running statistics. */
  private double norm(float[] values) {
    double squares = 0;
    for (ParameterRange range : ranges) {
      for (int i = range.start(); i < range.end() && !range.statistics(); i++) {
        squares += (double) values[i] * values[i];
      }
    }
    return Math.sqrt(squares);
  }
}
