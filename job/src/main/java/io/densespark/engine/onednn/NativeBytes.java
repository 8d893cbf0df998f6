package io.densespark.engine.onednn;

import org.bytedeco.javacpp.Pointer;

/**
 * A run of zeroed native bytes, aligned to a page. It comes from the C library, not from JavaCPP's
 * accounting, whose limit follows the Java heap and says nothing about what a plan may use.
 */
final class NativeBytes implements AutoCloseable {
  private static final long PAGE_BYTES = 4096;

  private final long bytes;
  private final long address;
  private Pointer block;

  private NativeBytes(Pointer block, long bytes) {
    this.block = block;
    this.bytes = bytes;
    this.address = (block.address() + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
  }

  static NativeBytes zeroed(long bytes) {
    Pointer block = Pointer.calloc(1, bytes + PAGE_BYTES);
    if (block == null || block.isNull()) {
      throw new OutOfMemoryError(
          "no "
              + bytes
              + " bytes of native memory for a plan; use a smaller batch or fewer replicas per"
              + " machine");
    }
    return new NativeBytes(block, bytes);
  }

  long address() {
    return address;
  }

  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (block != null) {
      Pointer.free(block);
      block = null;
    }
  }
}
