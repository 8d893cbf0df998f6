/**
 * Keeps the replicas of a run together: training masters for dl4j-spark's {@code
 * SparkComputationGraph}, with one barrier stage for each epoch.
 *
 * <p>A run has W logical ranks, which are trained by whatever slots Spark offers, with the same
 * bits. Read in this order: {@link io.densespark.sync.SyncConfig} (settings), {@link
 * io.densespark.sync.CompiledTrainingMaster} (driver: one call of {@code fit} becomes one barrier
 * job), {@code ShardBlocks} (what each rank trains on), {@code EpochJob} (runs the job, again on
 * the slots that are left where some were lost), {@code EpochTask} (a slot: learns its ranks by
 * {@code TaskPlacement}, meets the others), {@code StepLoop} with {@code GradientSharing} and
 * {@code ParameterAveraging} (the steps), {@code SlotMessage} (what slots tell {@code
 * DriverEndpoint} through their {@code DriverLink}), {@code ExecutorRun} (what outlives a job on an
 * executor), {@link io.densespark.sync.Dl4jMasters} (DL4J's own masters). How sums are made and
 * travel is the business of {@code sync.collective}.
 *
 * <p>May depend on {@code engine}, {@code train}, {@code data} and Spark.
 */
package io.densespark.sync;
