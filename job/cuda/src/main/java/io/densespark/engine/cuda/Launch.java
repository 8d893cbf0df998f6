package io.densespark.engine.cuda;

import java.util.List;

/**
 * A start of a kernel with blocks of {@link #THREADS} threads.
 *
 * @param arguments as {@link Arguments} takes them
 */
record Launch(String kernel, Grid grid, List<Object> arguments) {

  /** Threads of a block, as the kernels have them. */
  static final int THREADS = 256;

  /** Neighbouring values of a thread, as the kernels have them. */
  static final int RUN = 4;

  /** Numbers of blocks. */
  record Grid(int x, int y, int z) {
    Grid(long x) {
      this(Math.toIntExact(x), 1, 1);
    }
  }

  /** With a thread for each of so many values; the kernel's last arguments say how many. */
  static Launch each(String kernel, long count, Object... arguments) {
    return new Launch(kernel, new Grid(ceiling(count, THREADS)), List.of(arguments));
  }

  /** With a thread for each {@link #RUN} of so many values; the last arguments say how many. */
  static Launch runs(String kernel, long count, Object... arguments) {
    return each(kernel, ceiling(count, RUN), arguments);
  }

  /** With a block for each of so many channels, tables' rows and the like. */
  static Launch blocks(String kernel, long blocks, Object... arguments) {
    return new Launch(kernel, new Grid(blocks), List.of(arguments));
  }

  static long ceiling(long dividend, long divisor) {
    return (dividend + divisor - 1) / divisor;
  }
}
