/**
 * From a run to the champion. In reading order: {@link io.densespark.job.pipeline.RetrainJob} (all
 * of it, for a schedule), {@code Candidate} (a model on its way), {@code TestBench} (measures
 * models), {@link io.densespark.job.pipeline.RegisterJob}, {@code GateJob}, {@link
 * io.densespark.job.pipeline.PromoteJob}, {@link io.densespark.job.pipeline.RollbackJob}, {@link
 * io.densespark.job.pipeline.ModelsJob}, {@link io.densespark.job.pipeline.EvaluateJob}.
 *
 * <p>May depend on {@code job}, {@code job.run} and what these may depend on.
 */
package io.densespark.job.pipeline;
