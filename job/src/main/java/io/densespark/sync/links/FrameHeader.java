package io.densespark.sync.links;

import io.densespark.sync.tree.Operation;
import java.nio.ByteBuffer;

/**
 * What stands before every payload: which operation it belongs to, so that ranks that have drifted
 * apart notice.
 *
 * @param kind role of the frame
 * @param operation what the ranks do
 * @param sender rank that wrote the frame
 * @param payloadBytes bytes that follow
 * @param step the caller's step
 * @param sequence number of the operation since the ranks met
 * @param values floats that the whole operation is about; for an all-gather its limit in bytes
 */
public record FrameHeader(
    FrameKind kind,
    Operation operation,
    int sender,
    int payloadBytes,
    long step,
    long sequence,
    int values) {

  /** Its length in a stream. */
  public static final int BYTES = 36;

  private static final int MAGIC = 0x44534632;
  private static final FrameKind[] KINDS = FrameKind.values();
  private static final Operation[] OPERATIONS = Operation.values();

  /** Writes the header to the start of a little-endian buffer. */
  void write(ByteBuffer frame) {
    frame.putInt(0, MAGIC);
    frame.put(4, (byte) kind.ordinal());
    frame.put(5, (byte) operation.ordinal());
    frame.putShort(6, (short) 0);
    frame.putInt(8, sender);
    frame.putInt(12, payloadBytes);
    frame.putLong(16, step);
    frame.putLong(24, sequence);
    frame.putInt(32, values);
  }

  /** Reads the header at the start of a little-endian buffer; null if there is none. */
  static FrameHeader read(ByteBuffer frame) {
    FrameKind kind = at(KINDS, frame.get(4));
    Operation operation = at(OPERATIONS, frame.get(5));
    if (frame.getInt(0) != MAGIC || kind == null || operation == null || frame.getInt(12) < 0) {
      return null;
    }
    return new FrameHeader(
        kind,
        operation,
        frame.getInt(8),
        frame.getInt(12),
        frame.getLong(16),
        frame.getLong(24),
        frame.getInt(32));
  }

  private static <T> T at(T[] all, int ordinal) {
    return ordinal >= 0 && ordinal < all.length ? all[ordinal] : null;
  }

  /** The same operation's header of another frame. */
  public FrameHeader as(FrameKind otherKind, int otherPayloadBytes) {
    return new FrameHeader(otherKind, operation, sender, otherPayloadBytes, step, sequence, values);
  }

  /** Whether both belong to the same operation, called the same way. */
  public boolean sameOperation(FrameHeader other) {
    return operation == other.operation
        && step == other.step
        && sequence == other.sequence
        && values == other.values;
  }

  /** Step and operation, for messages. */
  public String describe() {
    String what =
        switch (operation) {
          case SUM, SUM_BF16, MEAN -> operation.words() + " of " + values + " values";
          case GATHER -> "all-gather of at most " + values + " bytes";
          case BARRIER -> "barrier";
        };
    return "step " + step + ", " + what + " (operation " + sequence + ")";
  }
}
