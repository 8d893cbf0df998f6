package io.densespark.engine.plan;

import io.densespark.engine.plan.Program.Buffer;
import java.util.ArrayList;
import java.util.List;

/** Hands out buffer ids while a program is being written. */
final class Buffers {
  private final List<Buffer> buffers = new ArrayList<>();

  int temporary(String name, long bytes) {
    return add(name, bytes, false);
  }

  int librarySized(String name) {
    return add(name, Program.LIBRARY_SIZED, false);
  }

  int librarySizedPinned(String name) {
    return add(name, Program.LIBRARY_SIZED, true);
  }

  int pinned(String name, long bytes) {
    return add(name, bytes, true);
  }

  Tensor.Vector vector(String name, int floats) {
    return new Tensor.Vector(pinned(name, (long) Float.BYTES * floats), 0, floats);
  }

  private int add(String name, long bytes, boolean pinned) {
    buffers.add(new Buffer(buffers.size(), name, bytes, pinned));
    return buffers.size() - 1;
  }

  List<Buffer> all() {
    return buffers;
  }
}
