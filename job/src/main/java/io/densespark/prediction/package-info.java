/**
 * Predictions of a model for any number of images, computed on the cluster with inference plans.
 *
 * <p>In the order in which the data flows: {@link io.densespark.prediction.ImageInputs} makes a
 * DataFrame of IDX files, image files or Parquet; {@code ImageColumns} finds the images in its
 * schema; {@code ImageDecoder} and {@code ImageFitter} bring them to what the model reads; {@link
 * io.densespark.prediction.ImagePredictor} turns the DataFrame into one of predictions, which any
 * Spark program may use by itself; {@link io.densespark.prediction.PredictionOutput} writes it as
 * Parquet that appears whole or not at all.
 *
 * <p>May depend on {@code engine}, {@code data}, {@code model}, {@code storage} and Spark.
 */
package io.densespark.prediction;
