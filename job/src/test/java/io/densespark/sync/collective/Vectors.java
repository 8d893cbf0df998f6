package io.densespark.sync.collective;

import java.nio.FloatBuffer;
import java.util.Random;

/** Values that show how they were added. */
final class Vectors {
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

  private Vectors() {}

  static float[] toArray(FloatBuffer values) {
    float[] array = new float[values.remaining()];
    values.get(values.position(), array);
    return array;
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
}
