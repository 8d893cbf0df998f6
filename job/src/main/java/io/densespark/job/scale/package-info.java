/**
 * Experiments with large batches. In reading order: {@link io.densespark.job.scale.ScaleJob} (a
 * grid from its settings to its finding), {@code GridRun} (its runs, one after another or side by
 * side), {@code CellReader} (what came of a run), {@code CellDisplay} (what a person sees of it),
 * {@code GridFiles} (what is written), {@link io.densespark.job.scale.ScaleResult} (what a later
 * run takes from it).
 *
 * <p>May depend on {@code job}, {@code job.run} and what these may depend on.
 */
package io.densespark.job.scale;
