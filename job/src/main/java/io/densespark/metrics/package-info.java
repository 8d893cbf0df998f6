/**
 * What a run leaves behind beside its model: status, provenance and figures of every step and
 * epoch.
 *
 * <p>In reading order:
 *
 * <ol>
 *   <li>{@link io.densespark.metrics.RunDirectory} where everything of a run lies;
 *   <li>{@link io.densespark.metrics.RunStatus} {@code status.json}, which scripts rely on;
 *   <li>{@link io.densespark.metrics.StepRecord} and {@link io.densespark.metrics.EpochRecord} one
 *       line each of the logs;
 *   <li>{@link io.densespark.metrics.MetricsLog} a log of such lines that can be read at any
 *       moment;
 *   <li>{@link io.densespark.metrics.RunTables} both logs as Parquet once a run is over;
 *   <li>{@link io.densespark.metrics.RunEvent} what else happened;
 *   <li>{@link io.densespark.metrics.Provenance} what a run was made of and where it ran.
 * </ol>
 *
 * <p>May depend on {@code storage}.
 */
package io.densespark.metrics;
