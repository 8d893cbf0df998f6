/**
 * Predictions of a model for any number of images, computed on the cluster with inference plans.
 *
 * <p>In the order in which the data flows: {@link io.densespark.prediction.ImagePredictor} turns a
 * DataFrame of images into one of predictions, which any Spark program may use by itself; {@link
 * io.densespark.prediction.PredictionOutput} writes it as Parquet that appears whole or not at all.
 *
 * <p>May depend on {@code engine}, {@code data}, {@code images}, {@code model}, {@code storage} and
 * Spark.
 */
package io.densespark.prediction;
