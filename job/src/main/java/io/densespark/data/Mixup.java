package io.densespark.data;

import io.densespark.random.KeyedRandom;

/**
 * Mixup (Zhang et al. 2018): each example of a batch becomes {@code w a + (1 - w) b} of itself and
 * a partner in the batch, images and labels alike. As in the authors' code, one weight is drawn for
 * the batch, from Beta(alpha, alpha), and the partners are a permutation of it.
 *
 * @param weight share of the example itself, out of {@link #ONE}: labels that sum to 1 still do
 * @param partners by place in the batch
 */
record Mixup(int weight, int[] partners) {

  /** A share of 1. */
  static final int ONE = 1 << 16;

  static Mixup draw(double alpha, int count, KeyedRandom random) {
    return new Mixup((int) Math.rint(beta(alpha, random) * ONE), random.permutation(count));
  }

  /**
   * From Beta(alpha, alpha) by Jöhnk's method (1964), in logarithms: powers of uniform numbers
   * would underflow for small alpha. Takes ever more draws beyond 1: 70 at 4.
   */
  static double beta(double alpha, KeyedRandom random) {
    while (true) {
      // StrictMath: the same bits on every processor.
      double x = StrictMath.log(1 - random.nextDouble()) / alpha;
      double y = StrictMath.log(1 - random.nextDouble()) / alpha;
      if (StrictMath.exp(x) + StrictMath.exp(y) <= 1) {
        return 1 / (1 + StrictMath.exp(y - x));
      }
    }
  }

  /**
   * Mixes an image with its partner, to the nearest grey level, halves upwards.
   *
   * @param images uint8 [n, elements] of the batch
   * @param target uint8 [elements], overwritten
   */
  void images(byte[] images, int place, byte[] target) {
    int own = place * target.length;
    int other = partners[place] * target.length;
    for (int i = 0; i < target.length; i++) {
      int sum = weight * (images[own + i] & 0xff) + (ONE - weight) * (images[other + i] & 0xff);
      target[i] = (byte) ((sum + ONE / 2) / ONE);
    }
  }

  /**
   * Mixes the labels of a batch.
   *
   * @param labels float32 [n, classes], in place
   */
  void labels(float[] labels, int classes) {
    float[] before = labels.clone();
    float share = (float) weight / ONE;
    for (int i = 0; i < labels.length; i++) {
      int partner = partners[i / classes] * classes + i % classes;
      labels[i] = share * before[i] + (1 - share) * before[partner];
    }
  }
}
