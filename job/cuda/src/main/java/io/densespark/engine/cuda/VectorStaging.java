package io.densespark.engine.cuda;

import com.sun.jna.Pointer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Copies vectors of any length to and from a device, piece by piece through memory that the device
 * reads and writes without the processor's help.
 */
final class VectorStaging {
  private static final int MOST_FLOATS = 1 << 20;

  private final Device device;
  private final Pointer memory;
  private final FloatBuffer floats;

  /**
   * @param longest length of the longest vector, for which no more memory is taken than it needs
   */
  VectorStaging(Device device, long longest) {
    this.device = device;
    int capacity = (int) Math.max(1, Math.min(MOST_FLOATS, longest));
    this.memory = device.allocateHost((long) Float.BYTES * capacity);
    this.floats =
        memory
            .getByteBuffer(0, (long) Float.BYTES * capacity)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
  }

  /** The values may be changed when this returns. */
  void upload(long target, FloatBuffer values) {
    for (int from = 0; from < values.remaining(); from += floats.capacity()) {
      int count = Math.min(floats.capacity(), values.remaining() - from);
      // What was copied last has left the memory.
      device.compute().await();
      floats.put(0, values, values.position() + from, count);
      device
          .compute()
          .upload(target + (long) Float.BYTES * from, memory, (long) Float.BYTES * count);
    }
  }

  void download(FloatBuffer values, long source) {
    for (int from = 0; from < values.remaining(); from += floats.capacity()) {
      int count = Math.min(floats.capacity(), values.remaining() - from);
      device
          .compute()
          .download(memory, source + (long) Float.BYTES * from, (long) Float.BYTES * count);
      device.compute().await();
      values.put(values.position() + from, floats, 0, count);
    }
  }
}
