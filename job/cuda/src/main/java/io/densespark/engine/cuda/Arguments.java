package io.densespark.engine.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A kernel's arguments in memory. Integers and longs are whole numbers or addresses of any width,
 * as they are written with 64 bits and the machine's low bytes come first; floats and doubles have
 * their own; a list is a structure passed by value, whose members have exactly their Java width.
 */
final class Arguments implements AutoCloseable {
  private final Memory values;
  private final Memory pointers;

  Arguments(List<Object> arguments) {
    long bytes = arguments.stream().mapToLong(Arguments::bytes).sum();
    values = new Memory(Math.max(1, bytes));
    pointers = new Memory(Math.max(1, (long) Native.POINTER_SIZE * arguments.size()));
    ByteBuffer buffer = values.getByteBuffer(0, values.size()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < arguments.size(); i++) {
      Object argument = arguments.get(i);
      int start = buffer.position();
      pointers.setPointer((long) Native.POINTER_SIZE * i, values.share(start));
      if (argument instanceof List<?> members) {
        members.forEach(member -> put(buffer, member));
      } else {
        put(buffer, argument instanceof Integer number ? (Object) (long) number : argument);
      }
      buffer.position(start + (int) bytes(argument));
    }
  }

  /** Of the slot, so that the next one is aligned for every type. */
  private static long bytes(Object argument) {
    int bytes = argument instanceof List<?> members ? Long.BYTES * members.size() : Long.BYTES;
    return (bytes + 15L) / 16 * 16;
  }

  /** Writes a structure's member; one of 8 bytes starts at a multiple of 8, as in C. */
  static void put(ByteBuffer buffer, Object value) {
    if (value instanceof Integer number) {
      buffer.putInt(number);
    } else if (value instanceof Float number) {
      buffer.putFloat(number);
    } else if (value instanceof Long number) {
      aligned(buffer).putLong(number);
    } else if (value instanceof Double number) {
      aligned(buffer).putDouble(number);
    } else {
      throw new IllegalArgumentException("no argument of a kernel: " + value);
    }
  }

  static ByteBuffer aligned(ByteBuffer buffer) {
    return buffer.position((buffer.position() + 7) / 8 * 8);
  }

  /** The array of their addresses. */
  Pointer pointers() {
    return pointers;
  }

  @Override
  public void close() {
    pointers.close();
    values.close();
  }
}
