package io.densespark.metrics;

import java.util.List;

/**
 * What a run's images were.
 *
 * @param format idx, parquet, folder or csv
 * @param place where they were read
 * @param fingerprint SHA-256 over all images and labels in their order, whatever settings chose of
 *     them, and in whatever format and files they were
 * @param training images trained on
 * @param validation images held out
 * @param test test images
 * @param classNames by label
 * @param skipped images that could not be used and were left out
 */
public record DataNote(
    String format,
    String place,
    String fingerprint,
    long training,
    long validation,
    long test,
    List<String> classNames,
    long skipped) {

  public DataNote {
    classNames = List.copyOf(classNames);
  }
}
