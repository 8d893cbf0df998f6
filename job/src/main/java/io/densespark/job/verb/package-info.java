/**
 * Verbs that look at runs ({@link io.densespark.job.verb.RunsJob}, {@link
 * io.densespark.job.verb.CompareRunsJob}, {@link io.densespark.job.verb.ReportJob}), use their
 * models ({@link io.densespark.job.verb.ExportJob}, {@link io.densespark.job.verb.PredictJob}), or
 * check the machine ({@link io.densespark.job.verb.DoctorJob}).
 *
 * <p>May depend on {@code job}, its other packages and what these may depend on.
 */
package io.densespark.job.verb;
