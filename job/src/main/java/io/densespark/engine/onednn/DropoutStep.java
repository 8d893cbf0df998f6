package io.densespark.engine.onednn;

import io.densespark.random.KeyedRandom;

/**
 * Writes a dropout mask. Whether position {@code i} is kept is a hash of (seed, stream, i), so a
 * mask depends neither on threads nor on what ran before. The hash is the finaliser of MurmurHash3
 * over a 32-bit counter with a 64-bit key, in arithmetic that the just-in-time compiler vectorises.
 */
final class DropoutStep implements Step {
  private static final int CHUNK = 4096;

  private final RawPointer mask = new RawPointer();
  private final float[] chunk = new float[CHUNK];
  private final long address;
  private final long count;
  private final int stream;
  private final float kept;
  private final int threshold;

  DropoutStep(double keep, int stream, long address, long count) {
    this.stream = stream;
    this.address = address;
    this.count = count;
    this.kept = (float) (1 / keep);
    // Hashes are uniform over the signed integers; those below the threshold keep.
    this.threshold = (int) Math.round(keep * 0x1p32 - 0x1p31);
  }

  @Override
  public void run(StepInputs inputs) {
    long key = KeyedRandom.mix(inputs.noiseSeed + 0x9E3779B97F4A7C15L * (stream + 1));
    int low = (int) key;
    int high = (int) (key >>> 32);
    for (long start = 0; start < count; start += CHUNK) {
      int length = (int) Math.min(CHUNK, count - start);
      fill((int) start, length, low, high);
      mask.at(address + Float.BYTES * start).put(chunk, 0, length);
    }
  }

  private void fill(int start, int length, int low, int high) {
    for (int i = 0; i < length; i++) {
      int h = (start + i) ^ low;
      h *= 0x85EBCA6B;
      h ^= h >>> 13;
      h ^= high;
      h *= 0xC2B2AE35;
      h ^= h >>> 16;
      h *= 0x85EBCA6B;
      h ^= h >>> 13;
      chunk[i] = h < threshold ? kept : 0f;
    }
  }
}
