/**
 * Images from files and rows, as people have them, to pixels as a model reads them.
 *
 * <p>In the order in which the data flows: {@link io.densespark.images.ImageInputs} makes a
 * DataFrame of IDX files, image files or Parquet; {@link io.densespark.images.ImageColumns} finds
 * the images in its schema; {@link io.densespark.images.ImageDecoder} and {@link
 * io.densespark.images.ImageFitter} bring them to what the model reads.
 *
 * <p>May depend on {@code data}, {@code storage} and Spark.
 */
package io.densespark.images;
