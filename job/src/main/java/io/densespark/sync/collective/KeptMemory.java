package io.densespark.sync.collective;

import io.densespark.text.Text;
import java.nio.ByteBuffer;

/** Native memory that frames lie in from one operation to the next, as long as the longest. */
final class KeptMemory {

  private final ByteBuffer[] kept;
  private int allocations;

  /**
   * @param pieces of memory, each with a number from 0
   */
  KeptMemory(int pieces) {
    kept = new ByteBuffer[pieces];
  }

  /** A piece of at least so many bytes; what was in it may be lost. */
  ByteBuffer room(int number, long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          Text.format(
              "an exchange needs a buffer of %d bytes: at most %d are possible",
              bytes, Integer.MAX_VALUE));
    }
    if (kept[number] == null || kept[number].capacity() < bytes) {
      kept[number] = ByteBuffer.allocateDirect((int) bytes);
      allocations++;
    }
    return kept[number];
  }

  /** How often memory was taken; what was laid out before the last time may lie elsewhere now. */
  int allocations() {
    return allocations;
  }
}
