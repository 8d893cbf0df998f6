package io.densespark.engine.onednn;

import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.javacpp.Pointer;

/**
 * Owns native objects and frees them, last made first, instead of leaving them to the collector.
 */
final class NativeScope implements AutoCloseable {
  private final Deque<Pointer> owned = new ArrayDeque<>();

  /** Takes ownership. */
  <P extends Pointer> P own(P pointer) {
    owned.push(pointer);
    return pointer;
  }

  @Override
  public void close() {
    while (!owned.isEmpty()) {
      owned.pop().close();
    }
  }
}
