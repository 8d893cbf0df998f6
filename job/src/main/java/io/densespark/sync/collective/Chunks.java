package io.densespark.sync.collective;

/**
 * Cuts {@code length} values into one chunk for each rank, which that rank adds up; sizes differ by
 * one at most.
 *
 * @param length values in all
 * @param worldSize chunks
 */
record Chunks(int length, int worldSize) {

  int start(int chunk) {
    return (int) ((long) length * chunk / worldSize);
  }

  int size(int chunk) {
    return start(chunk + 1) - start(chunk);
  }
}
