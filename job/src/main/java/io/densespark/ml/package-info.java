/**
 * Training and prediction as stages of Spark ML pipelines.
 *
 * <p>{@link io.densespark.ml.DenseNetClassifier} is the estimator, {@link
 * io.densespark.ml.DenseNetModel} what it fits. {@code ImageColumn} and {@code LabelColumn} say
 * what they read.
 *
 * <p>May depend on all but {@code cli}; nothing depends on it.
 */
package io.densespark.ml;
