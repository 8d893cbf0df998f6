/**
 * Labelled images from wherever people have them to examples on the executors.
 *
 * <p>In the order in which the data flows: {@link io.densespark.dataset.ImageSource} finds out what
 * is at {@code data.path}; rows of tables and files of folders are {@code LabelledRows}, which
 * executors read; {@code RowsLook} is what they tell the driver of each, and {@code RowDataset}
 * puts it in order, names the classes and divides it into training, validation and test: an {@link
 * io.densespark.dataset.ImageDataset} of {@link io.densespark.dataset.Examples}, which {@code
 * ShardedDataSets} places on the ranks' executors. IDX files the driver looks at itself: {@code
 * IdxDataset}.
 *
 * <p>May depend on {@code data}, {@code images}, {@code storage} and Spark.
 */
package io.densespark.dataset;
