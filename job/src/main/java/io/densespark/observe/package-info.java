/**
 * What other systems see of a training: Spark's metrics system, TensorBoard, OpenLineage, MLflow.
 *
 * <p>{@link io.densespark.observe.TrainingMetric} are the figures that {@link
 * io.densespark.observe.TrainingMetricsPlugin} gives to Spark's metrics system; {@link
 * io.densespark.observe.TensorBoardLog} writes TensorBoard's event files; {@link
 * io.densespark.observe.LineageEvent} says what a run read and what it wrote; {@link
 * io.densespark.observe.MlflowServer} keeps records of runs; {@code ExecutorLogging} is what
 * executors log.
 *
 * <p>May depend on {@code storage}, {@code metrics} and Spark.
 */
package io.densespark.observe;
