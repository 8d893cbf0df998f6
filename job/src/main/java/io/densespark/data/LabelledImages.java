package io.densespark.data;

import java.util.List;

/**
 * A data set as it was loaded, limits applied.
 *
 * @param train training images
 * @param test test images, of the same shape
 * @param classes number of classes; every label is below it
 * @param directory where the files were found
 * @param files the four files, in the order of {@link PublishedFile}
 */
public record LabelledImages(
    ImageSet train, ImageSet test, int classes, String directory, List<DataFile> files) {

  public LabelledImages {
    files = List.copyOf(files);
  }
}
