package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Oracle: TensorFlow's rule in double, one value after the other. */
class MovingAverageTest {

  private static final int LENGTH = 5_000;
  private static final double DECAY = 0.97;

  @Test
  void followsEveryStepWithADecayThatRises() {
    Random random = new Random(1);
    float[] parameters = gaussians(random);
    double[] expected = doubles(parameters);
    MovingAverage average = new MovingAverage(DECAY);
    average.begin(new float[0], FloatBuffer.wrap(parameters));
    for (int step = 0; step < 400; step++) {
      parameters = gaussians(random);
      average.follow(FloatBuffer.wrap(parameters), step, step + 1);
      double decay = Math.min(DECAY, (1.0 + step) / (10.0 + step));
      for (int i = 0; i < LENGTH; i++) {
        expected[i] = decay * expected[i] + (1 - decay) * parameters[i];
      }
    }
    assertClose(average.values(), expected);
  }

  @Test
  void roundOfStepsKeepsWhatItsStepsWouldKeepOneByOne() {
    float[] before = gaussians(new Random(2));
    float[] after = gaussians(new Random(3));
    MovingAverage oneByOne = new MovingAverage(DECAY);
    oneByOne.begin(before, FloatBuffer.wrap(after));
    for (int step = 3; step < 8; step++) {
      oneByOne.follow(FloatBuffer.wrap(after), step, step + 1);
    }
    MovingAverage round = new MovingAverage(DECAY);
    round.begin(before, FloatBuffer.wrap(after));
    round.follow(FloatBuffer.wrap(after), 3, 8);

    assertClose(round.values(), doubles(oneByOne.values()));
  }

  private static float[] gaussians(Random random) {
    float[] values = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  private static void assertClose(float[] actual, double[] expected) {
    assertThat(actual).hasSize(expected.length);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i]).as("value %d", i).isCloseTo(expected[i], within(2e-6));
    }
  }
}
