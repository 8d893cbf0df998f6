/**
 * The composition root: one class for each verb puts the other packages together.
 *
 * <p>Read in this order: {@link io.densespark.job.Verbs} (what the command line calls), {@link
 * io.densespark.job.JobVerbs}, {@code TrainJob} (a training run from settings to model), {@code
 * Training} (its epochs), {@code EvaluateJob}, {@code PredictJob}, {@code DoctorJob}; {@code
 * SparkConnection} holds what the job asks of Spark, {@link io.densespark.job.RunDisplay} is what a
 * person sees.
 *
 * <p>May depend on every package but {@code cli}.
 */
package io.densespark.job;
