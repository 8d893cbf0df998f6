package io.densespark.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The masks themselves. */
class DropoutTest {
  private static final int COUNT = 1 << 18;

  private static float[] mask(double keep, int stream, long seed, int count) {
    float[] mask = new float[count];
    try (NativeBytes bytes = NativeBytes.zeroed((long) Float.BYTES * count)) {
      StepInputs inputs = new StepInputs();
      inputs.noiseSeed = seed;
      new DropoutStep(keep, stream, bytes.address(), count).run(inputs);
      new RawPointer(bytes.address()).get(mask, 0, count);
    }
    return mask;
  }

  private static double share(float[] left, float[] right) {
    int both = 0;
    for (int i = 0; i < left.length; i++) {
      both += left[i] != 0 && right[i] != 0 ? 1 : 0;
    }
    return (double) both / left.length;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.5, 0.8, 0.999})
  void keepsItsShareAndScalesIt(double keep) {
    float[] mask = mask(keep, 0, 42, COUNT);
    int kept = 0;
    for (float value : mask) {
      assertThat(value).isIn(0f, (float) (1 / keep));
      kept += value != 0 ? 1 : 0;
    }
    double fiveSigma = 5 * Math.sqrt(keep * (1 - keep) / COUNT);
    assertThat((double) kept / COUNT).isCloseTo(keep, Offset.offset(fiveSigma));
  }

  @Test
  void seedsStreamsAndNeighboursAreIndependent() {
    float[] mask = mask(0.5, 0, 1, COUNT);
    double fiveSigma = 5 * Math.sqrt(0.25 * 0.75 / COUNT);
    assertThat(share(mask, mask(0.5, 0, 2, COUNT))).isCloseTo(0.25, Offset.offset(fiveSigma));
    assertThat(share(mask, mask(0.5, 1, 1, COUNT))).isCloseTo(0.25, Offset.offset(fiveSigma));
    float[] shifted = mask.clone();
    System.arraycopy(mask, 1, shifted, 0, COUNT - 1);
    assertThat(share(mask, shifted)).isCloseTo(0.25, Offset.offset(fiveSigma));
  }

  @Test
  void dependsOnSeedStreamAndPositionAlone() {
    float[] all = mask(0.3, 4, 99, 10_000);
    assertThat(mask(0.3, 4, 99, 5_000)).isEqualTo(java.util.Arrays.copyOf(all, 5_000));
  }
}
