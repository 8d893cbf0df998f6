package io.densespark.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.text.Text;
import io.densespark.train.GradientNoise;
import io.densespark.train.RankState;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Checkpoints to save, each different from the others. */
final class Checkpoints {

  private Checkpoints() {}

  /** One that was not evaluated. */
  static Checkpoint at(int step) {
    return at(step, Double.NaN);
  }

  /** One with recognisable content; more values than one chunk of the file writer holds. */
  static Checkpoint at(int step, double accuracy) {
    Random random = new Random(step);
    float[] updaterState = {Float.MIN_VALUE, -0f, Float.MAX_VALUE, step};
    List<StepMetrics> steps = new ArrayList<>();
    for (int i = 1; i <= step % 10; i++) {
      steps.add(step(step - step % 10 + i, random.nextDouble()));
    }
    TrainingState state =
        new TrainingState(
            step / 10,
            step,
            random(random, 70_001),
            updaterState,
            random(random, step % 2 == 0 ? 0 : 70_001),
            List.of(new RankState(random(random, 250)), new RankState(new float[0])),
            steps);
    return new Checkpoint(state, 2, "c0ffee", accuracy, accuracy);
  }

  static StepMetrics step(int step, double loss) {
    return new StepMetrics(
        step, 1 + step / 10, 128, loss, 0.1, 1, 2, 3, 4, 5, new GradientNoise(0.25, loss));
  }

  private static float[] random(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static void assertSame(Checkpoint found, Checkpoint expected) {
    assertThat(found)
        .usingRecursiveComparison()
        .withEqualsForType((a, b) -> Double.compare(a, b) == 0, Double.class)
        .withEqualsForType(
            (a, b) -> Float.floatToRawIntBits(a) == Float.floatToRawIntBits(b), Float.class)
        .ignoringFields("state.parameters", "state.updaterState", "state.ema")
        .isEqualTo(expected);
    assertSameBits(found.state().parameters(), expected.state().parameters());
    assertSameBits(found.state().updaterState(), expected.state().updaterState());
    assertSameBits(found.state().ema(), expected.state().ema());
  }

  private static void assertSameBits(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      if (Float.floatToRawIntBits(found[i]) != Float.floatToRawIntBits(expected[i])) {
        throw new AssertionError(
            Text.format("value %d is %s, expected %s", i, found[i], expected[i]));
      }
    }
  }
}
