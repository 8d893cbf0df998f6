package io.densespark.data;

/** What labelled images are stored as. */
public enum DataFormat {
  /** Found out from what is there. */
  AUTO,
  /** Four files in the format of MNIST. */
  IDX,
  /** Tables with a column of images and one of labels. */
  PARQUET,
  /** Image files in a folder for each class. */
  FOLDER,
  /** A label and the pixels of an image in each line. */
  CSV
}
