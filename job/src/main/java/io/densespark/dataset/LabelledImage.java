package io.densespark.dataset;

import io.densespark.images.DecodedImage;
import io.densespark.images.UnreadableImageException;
import java.util.Optional;

/**
 * An example as an executor comes across it.
 *
 * @param key its place among all examples, ascending; 0 for all: their content decides
 * @param id its name: a file, or a file and a row
 * @param part the part of the data set that it says it is in, in its own word; empty: none
 * @param label its class; empty: it has none
 * @param pixels its image, decoded when it is asked for
 */
record LabelledImage(
    long key, String id, Optional<String> part, Optional<Label> label, Pixels pixels) {

  /** Decodes. */
  @FunctionalInterface
  interface Pixels {
    DecodedImage decode() throws UnreadableImageException;
  }

  /**
   * A class as the data has it.
   *
   * @param number whether it is a whole number; {@code text} is its decimal digits then
   */
  record Label(String text, boolean number) {}
}
