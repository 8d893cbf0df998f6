/**
 * Strategies that keep replicas together, as training masters for dl4j-spark's {@code
 * SparkComputationGraph}. Read {@link io.densespark.sync.master.CompiledTrainingMaster} (one call
 * of {@code fit} becomes one barrier job), then {@code EpochJob} (runs it, again where slots were
 * lost); {@link io.densespark.sync.master.Dl4jMasters} are DL4J's own.
 */
package io.densespark.sync.master;
