package io.densespark.data;

import java.util.List;

/**
 * A data set of four IDX files that were looked at.
 *
 * @param train training images
 * @param test test images, of the same shape
 * @param directory where the files were found
 * @param files the four files, in the order of {@link PublishedFile}
 */
public record LabelledFiles(IdxPart train, IdxPart test, String directory, List<DataFile> files) {

  public LabelledFiles {
    files = List.copyOf(files);
  }

  /** Whether this is Fashion-MNIST as its authors published it. */
  public boolean isFashionMnist() {
    for (PublishedFile published : PublishedFile.values()) {
      if (published.mismatch(files.get(published.ordinal())).isPresent()) {
        return false;
      }
    }
    return true;
  }
}
