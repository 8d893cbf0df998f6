package io.densespark.engine.onednn;

import org.bytedeco.javacpp.Pointer;

/**
 * A copy of the parameters that a plan inferred with last. Comparing it bit by bit tells exactly
 * whether what was made from them still holds, whoever changed them and however, and costs little
 * beside making it again.
 */
final class ParameterCopy implements AutoCloseable {
  private final long bytes;
  private final RawPointer given = new RawPointer();
  private final RawPointer kept = new RawPointer();
  private NativeBytes copy;

  /** A copy of nothing yet, of so many floats once there is one. */
  ParameterCopy(long count) {
    this.bytes = Float.BYTES * count;
  }

  /** Takes the parameters at this address over; true if their bits differ from the ones before. */
  boolean update(long address) {
    given.at(address);
    boolean first = copy == null;
    if (first) {
      copy = NativeBytes.zeroed(bytes);
      kept.at(copy.address());
    }
    if (!first && Pointer.memcmp(kept, given, bytes) == 0) {
      return false;
    }
    Pointer.memcpy(kept, given, bytes);
    return true;
  }

  /** Bytes held. */
  long ownBytes() {
    return copy == null ? 0 : copy.bytes();
  }

  @Override
  public void close() {
    if (copy != null) {
      copy.close();
      copy = null;
    }
  }
}
