package io.densespark.storage;

import java.io.IOException;
import java.io.OutputStream;

/** Writes the whole content of one file. Closing the stream is allowed and only flushes. */
@FunctionalInterface
public interface Content {

  /** Writes everything to {@code out}; an exception means that no file appears. */
  void writeTo(OutputStream out) throws IOException;

  /** Content that is already in memory; the array is not copied. */
  static Content of(byte[] bytes) {
    return out -> out.write(bytes);
  }
}
