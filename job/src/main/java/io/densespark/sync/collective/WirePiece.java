package io.densespark.sync.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * The payload of one frame, seen as floats and as 32-bit words. Little-endian, whatever the
 * machine.
 *
 * @param frame room for the header, if any, and the payload behind it
 * @param floats the payload as floats
 * @param words the payload as words
 * @param values floats that the payload stands for
 */
record WirePiece(ByteBuffer frame, FloatBuffer floats, IntBuffer words, int values) {

  /** Views {@code slab[at, at + headerBytes + payloadBytes)}. */
  static WirePiece view(ByteBuffer slab, int at, int headerBytes, int payloadBytes, int values) {
    ByteBuffer frame = slab.slice(at, headerBytes + payloadBytes).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer payload = frame.slice(headerBytes, payloadBytes).order(ByteOrder.LITTLE_ENDIAN);
    return new WirePiece(frame, payload.asFloatBuffer(), payload.asIntBuffer(), values);
  }
}
