/**
 * What one replica does in one step, and the arithmetic of a run: learning rates, step counts,
 * model state. Nothing here knows how replicas are placed or kept together.
 *
 * <p>Read in this order: {@link io.densespark.train.TrainConfig} (settings), {@link
 * io.densespark.train.StepCounts} (how examples divide into steps), {@link
 * io.densespark.train.LearningRateSchedule}, {@link io.densespark.train.Replica} (gradient, then
 * update), {@link io.densespark.train.TrainingState} (all that a step changes).
 *
 * <p>May depend on {@code engine} and on DL4J.
 */
package io.densespark.train;
