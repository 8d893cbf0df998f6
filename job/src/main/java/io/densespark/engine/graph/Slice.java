package io.densespark.engine.graph;

/**
 * A range of DL4J's flat parameter vector, and so of its flat gradient.
 *
 * @param offset index of the first float
 * @param length number of floats
 */
public record Slice(long offset, long length) {
  public Slice {
    if (offset < 0 || length < 1) {
      throw new IllegalArgumentException("bad slice: offset " + offset + ", length " + length);
    }
  }

  /** Index behind the last float. */
  public long end() {
    return offset + length;
  }
}
