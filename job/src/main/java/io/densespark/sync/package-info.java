/**
 * Keeps the replicas of a run together: training masters for dl4j-spark's {@code
 * SparkComputationGraph}, with one barrier stage for each epoch.
 *
 * <p>Read in this order: {@link io.densespark.sync.SyncConfig} (settings), {@link
 * io.densespark.sync.CompiledTrainingMaster} (driver: one call of {@code fit} becomes one barrier
 * job), {@code EpochJob} (runs it, again where a replica was lost), {@code EpochTask} (executor:
 * finds its peers and a replica, then trains its shard), {@code StepLoop} with {@code
 * GradientSharing} and {@code ParameterAveraging} (the steps), {@code ReplicaSlot} (what outlives a
 * job on an executor), {@link io.densespark.sync.Dl4jMasters} (DL4J's own masters). How bytes
 * travel is the business of {@code sync.collective}.
 *
 * <p>May depend on {@code engine}, {@code train}, {@code data} and Spark.
 */
package io.densespark.sync;
