package io.densespark.random;

/**
 * Pseudo-random numbers that are a pure function of a key, so that any process can compute any
 * stream without the ones before it, and the same on every Java version.
 *
 * <p>The generator is SplitMix64 (Steele, Lea and Flood 2014): a counter advanced by the golden
 * gamma and mixed with Stafford's variant 13. A key of several numbers is folded into the starting
 * counter with the same mixer, one bijection per number.
 */
public final class KeyedRandom {

  /** What a stream is used for; the number keeps streams of equal keys apart and never changes. */
  public enum Purpose {
    SHARD_OWNERSHIP(1),
    EPOCH_ORDER(2),
    AUGMENTATION(3),
    ALTERNATING_FLIP(4),
    MIXUP(5);

    private final int number;

    Purpose(int number) {
      this.number = number;
    }
  }

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long counter;

  /** The plain generator, equal to {@code java.util.SplittableRandom} of this seed. */
  public KeyedRandom(long seed) {
    this.counter = seed;
  }

  /** The stream of a key. */
  public static KeyedRandom of(long seed, Purpose purpose, long first, long second) {
    long key = mix(seed + GOLDEN_GAMMA);
    key = mix((key ^ purpose.number) + GOLDEN_GAMMA);
    key = mix((key ^ first) + GOLDEN_GAMMA);
    key = mix((key ^ second) + GOLDEN_GAMMA);
    return new KeyedRandom(key);
  }

  /** Uniform over all longs. */
  public long nextLong() {
    counter += GOLDEN_GAMMA;
    return mix(counter);
  }

  /** Uniform in {@code 0 .. bound - 1} without bias (Lemire 2019). */
  public int nextInt(int bound) {
    long product = (nextLong() >>> 32) * bound;
    if ((product & 0xffffffffL) < bound) {
      long threshold = Integer.remainderUnsigned(-bound, bound);
      while ((product & 0xffffffffL) < threshold) {
        product = (nextLong() >>> 32) * bound;
      }
    }
    return (int) (product >>> 32);
  }

  /** Either with probability one half. */
  public boolean nextBoolean() {
    return nextLong() < 0;
  }

  /** Uniform over the multiples of 2^-53 in {@code [0, 1)}. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1p-53;
  }

  /** A uniform permutation of {@code 0 .. size - 1} (Durstenfeld's shuffle). */
  public int[] permutation(int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
    for (int i = size - 1; i > 0; i--) {
      int j = nextInt(i + 1);
      int kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  }

  /** Spreads a number over all bits, one to one: the generator's finaliser. */
  public static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
