package io.densespark.sync.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;

/** Floats in native memory as bytes, which sockets take: Java has no way from one to the other. */
final class NativeView {

  private NativeView() {}

  /**
   * The memory behind {@code values[position, limit)}, little-endian.
   *
   * @param values a direct buffer in the machine's order; it must stay reachable while the view is
   *     used
   * @throws IllegalArgumentException if it is neither
   */
  static ByteBuffer bytes(FloatBuffer values) {
    if (!values.isDirect() || values.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "%s in %s order: only a direct buffer in the machine's order can be seen as bytes"
              .formatted(values, values.order()));
    }
    if (!values.hasRemaining()) {
      return ByteBuffer.allocateDirect(0);
    }
    return new FloatPointer(values.slice()).asByteBuffer();
  }

  /** Address of {@code values[position]}, of a direct buffer. */
  static long address(FloatBuffer values) {
    return new FloatPointer(values.slice()).address();
  }
}
