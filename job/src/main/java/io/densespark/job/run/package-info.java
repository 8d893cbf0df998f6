/**
 * A training run. In reading order: {@link io.densespark.job.run.TrainJob} (its life: lock, status,
 * resuming), {@code Training} (its epochs), {@code Checkpoints}, {@code StatusKeeper}, {@link
 * io.densespark.job.run.RunEnding} (what is made of its logs).
 *
 * <p>May depend on {@code job} and what that may depend on.
 */
package io.densespark.job.run;
