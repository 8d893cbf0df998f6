/**
 * What jobs have in common. A {@link io.densespark.job.Job} is what a verb does: a record of the
 * settings, the display and the verb's options, which the command line makes and runs. Its
 * packages, each of which may use those before it:
 *
 * <ol>
 *   <li>this one: {@link io.densespark.job.ExitCode} (how jobs end), {@link
 *       io.densespark.job.RunDisplay} (what a person sees), {@link
 *       io.densespark.job.SparkConnection}, {@link io.densespark.job.Inputs}, {@link
 *       io.densespark.job.Workspace};
 *   <li>{@code job.run}: a training run from settings to model;
 *   <li>{@code job.pipeline}: from a run to the champion;
 *   <li>{@code job.scale}: a grid of runs and its finding;
 *   <li>{@code job.verb}: everything else that can be asked for.
 * </ol>
 *
 * <p>May depend on every package but {@code cli}.
 */
package io.densespark.job;
