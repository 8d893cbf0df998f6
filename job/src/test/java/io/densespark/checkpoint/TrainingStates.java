package io.densespark.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;

/** States to save, each different from the others. */
final class TrainingStates {

  private TrainingStates() {}

  /** A state with recognisable content; more values than one chunk of the file writer holds. */
  static TrainingState at(long step) {
    Random random = new Random(step);
    float[] parameters = new float[70_001];
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = (float) random.nextGaussian();
    }
    float[] updaterState = {Float.MIN_VALUE, -0f, Float.MAX_VALUE, step};
    byte[] residual = new byte[1_000];
    random.nextBytes(residual);
    return new TrainingState(
        parameters,
        updaterState,
        step,
        (int) (step / 10),
        step % 10,
        Map.of("train", 42L, "shuffle", step),
        "gradient-sharing",
        2,
        "c0ffee",
        Double.NaN,
        Map.of("residual-0", residual, "residual-1", new byte[0]));
  }

  static void assertSame(TrainingState found, TrainingState expected) {
    assertThat(found)
        .usingRecursiveComparison()
        .withEqualsForType((a, b) -> Double.compare(a, b) == 0, Double.class)
        .withEqualsForType(
            (a, b) -> Float.floatToRawIntBits(a) == Float.floatToRawIntBits(b), Float.class)
        .ignoringFields("parameters", "updaterState", "extras")
        .isEqualTo(expected);
    assertThat(found.extras()).containsOnlyKeys(expected.extras().keySet());
    found
        .extras()
        .forEach((name, bytes) -> assertThat(bytes).isEqualTo(expected.extras().get(name)));
    assertSameBits(found.parameters(), expected.parameters());
    assertSameBits(found.updaterState(), expected.updaterState());
  }

  private static void assertSameBits(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      if (Float.floatToRawIntBits(found[i]) != Float.floatToRawIntBits(expected[i])) {
        throw new AssertionError("value %d is %s, expected %s".formatted(i, found[i], expected[i]));
      }
    }
  }
}
