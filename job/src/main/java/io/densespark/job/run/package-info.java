/**
 * A training run. In reading order: {@link io.densespark.job.run.TrainJob} (its life: lock, status,
 * resuming), {@code TrainingLoop} (its epochs), {@code Trainer} with {@code CompiledTrainer} and
 * {@code Dl4jTrainer} (what trains an epoch), {@code EvaluationSet} (what it is evaluated on),
 * {@code EarlyStopping} (when it ends), {@code RunListener} and the listeners: {@code RunMetrics},
 * {@code Checkpoints}, {@code StatusWriter}, {@code Progress}. {@code Cancellation} ends a run
 * early, {@link io.densespark.job.run.RunEnding} makes tables and report of its logs.
 *
 * <p>May depend on {@code job} and what that may depend on.
 */
package io.densespark.job.run;
