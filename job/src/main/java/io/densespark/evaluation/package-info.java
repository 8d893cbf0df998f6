/**
 * Quality of a model over a labelled data set, computed on the cluster with inference plans.
 *
 * <p>Read in this order: {@link io.densespark.evaluation.EvaluationCounts} (sums that add up over
 * partitions), {@link io.densespark.evaluation.EvaluationResult} (what they mean), {@link
 * io.densespark.evaluation.ExampleResults} (and which examples were told right, and which {@link
 * io.densespark.evaluation.Mistake}s the model was surest of), {@link
 * io.densespark.evaluation.ClusterEvaluator} (the Spark job).
 *
 * <p>May depend on {@code engine}, {@code data} and Spark.
 */
package io.densespark.evaluation;
