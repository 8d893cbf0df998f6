/**
 * What experiments with many replicas need beside training itself, as functions of values.
 *
 * <p>In reading order:
 *
 * <ol>
 *   <li>{@link io.densespark.scaling.ScaleConfig} and {@link io.densespark.scaling.ArmConfig},
 *       settings of a grid of runs: global batch by rule by seed; {@link
 *       io.densespark.scaling.Growth}, how rate and warm-up follow from the batch
 *   <li>{@link io.densespark.scaling.Grid} and {@link io.densespark.scaling.Cell}: which runs there
 *       are, and which are next
 *   <li>{@link io.densespark.scaling.Finding}: what came of them, with {@link
 *       io.densespark.scaling.CriticalBatch} (epochs to a target against batch) and {@link
 *       io.densespark.scaling.Spread}
 *   <li>{@link io.densespark.scaling.StepTimeModel}, the time of a step on clusters larger than
 *       those at hand, and {@link io.densespark.scaling.Forecast}, that of a grid's runs
 * </ol>
 *
 * <p>May depend on {@code sync} and {@code metrics}.
 */
package io.densespark.scaling;
