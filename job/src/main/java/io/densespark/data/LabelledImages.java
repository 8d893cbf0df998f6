package io.densespark.data;

import java.util.List;
import java.util.Optional;

/**
 * A data set as it was loaded, limits applied.
 *
 * @param train training images, without those of the validation part
 * @param validation training images held out, on which choices may be made; empty: none
 * @param test test images, of the same shape
 * @param classes number of classes; every label is below it
 * @param directory where the files were found
 * @param files the four files, in the order of {@link PublishedFile}
 */
public record LabelledImages(
    ImageSet train,
    Optional<ImageSet> validation,
    ImageSet test,
    int classes,
    String directory,
    List<DataFile> files) {

  public LabelledImages {
    files = List.copyOf(files);
  }
}
