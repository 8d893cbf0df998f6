package io.densespark.data;

import java.io.Serializable;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Settings of the data set.
 *
 * @param path directory (any Hadoop URI) with the four IDX files, plain or gzipped; empty: search
 *     and download
 * @param imageSize side of the square that images are resized to, in pixels
 * @param trainLimit number of training images used, from the first; empty: all
 * @param testLimit number of test images used, from the first; empty: all
 * @param download whether missing files may be downloaded
 * @param verifyChecksums whether the files must hold exactly the published data set; off for a data
 *     set of one's own
 * @param augment random changes to training images
 */
public record DataConfig(
    Optional<String> path,
    int imageSize,
    OptionalInt trainLimit,
    OptionalInt testLimit,
    boolean download,
    boolean verifyChecksums,
    AugmentConfig augment) {

  /**
   * Random changes to training images.
   *
   * @param horizontalFlip whether each image is mirrored with probability 1/2
   * @param cropPadding zero pixels added on every side before a random crop back to size; 0: none
   */
  public record AugmentConfig(boolean horizontalFlip, int cropPadding) implements Serializable {}
}
