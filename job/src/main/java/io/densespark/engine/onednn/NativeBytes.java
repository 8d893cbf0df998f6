package io.densespark.engine.onednn;

import io.densespark.text.Text;
import java.util.Locale;
import org.bytedeco.javacpp.Pointer;

/**
 * A run of zeroed native bytes, aligned to a page. It comes from the C library, not from JavaCPP's
 * accounting, whose limits follow the Java heap and say nothing about what a plan may use. The
 * limit of the whole process is kept where it was given.
 */
final class NativeBytes implements AutoCloseable {
  private static final long PAGE_BYTES = 4096;

  /** JavaCPP's name for the limit of a process, in the other way of writing without capitals. */
  private static final String LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

  private final long bytes;
  private final long address;
  private Pointer block;

  private NativeBytes(Pointer block, long bytes) {
    this.block = block;
    this.bytes = bytes;
    this.address = (block.address() + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
  }

  /**
   * Takes some.
   *
   * @throws OutOfMemoryError if there are none, or the process would grow beyond its limit: pages
   *     are there when they are written to, and a container that has none left then is killed
   */
  static NativeBytes zeroed(long bytes) {
    boolean isLimited =
        System.getProperty(LIMIT, System.getProperty(LIMIT.toLowerCase(Locale.ROOT))) != null
            && Pointer.maxPhysicalBytes() > 0;
    if (isLimited && Pointer.physicalBytes() + bytes > Pointer.maxPhysicalBytes()) {
      throw new OutOfMemoryError(
          Text.format(
              "%d MB for a plan, in a process of %d MB, are more than the %d MB that it may take;"
                  + " doctor --size says what it needs",
              bytes >> 20, Pointer.physicalBytes() >> 20, Pointer.maxPhysicalBytes() >> 20));
    }
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
