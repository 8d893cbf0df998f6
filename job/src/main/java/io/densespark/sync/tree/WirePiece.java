package io.densespark.sync.tree;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * The payload of one frame, seen as bytes, as floats and as 32-bit words. Little-endian, whatever
 * the machine.
 *
 * @param bytes the payload
 * @param floats the payload as floats
 * @param words the payload as words
 * @param values floats that the payload stands for
 */
public record WirePiece(ByteBuffer bytes, FloatBuffer floats, IntBuffer words, int values) {

  /** Views {@code memory[at, at + payloadBytes)}. */
  public static WirePiece view(ByteBuffer memory, int at, int payloadBytes, int values) {
    ByteBuffer payload = memory.slice(at, payloadBytes).order(ByteOrder.LITTLE_ENDIAN);
    return new WirePiece(payload, payload.asFloatBuffer(), payload.asIntBuffer(), values);
  }
}
