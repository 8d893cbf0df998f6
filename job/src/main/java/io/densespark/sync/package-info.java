/**
 * Keeps the replicas of a run together. A run has W logical ranks, which are trained by whatever
 * slots Spark offers, with the same bits. Here are its settings ({@link
 * io.densespark.sync.SyncConfig}), what callers bring and are told, and the error they meet; the
 * rest has a package for each part, of which each uses only those after it:
 *
 * <ul>
 *   <li>{@code sync.master}: strategies for dl4j-spark's {@code SparkComputationGraph}, on the
 *       driver: one barrier stage for each epoch, again on the slots that are left where some were
 *       lost
 *   <li>{@code sync.slot}: a task of that stage: learns its ranks, finds their shards, meets the
 *       other slots
 *   <li>{@code sync.rank}: what is done for each rank: steps, and what the two modes do between
 *       them
 *   <li>{@code sync.endpoint}: what slots and driver tell each other, by Spark's RPC
 *   <li>{@code sync.collective}: what all slots do together: sums, means, all-gather, barrier
 *   <li>{@code sync.links}: connections between executors
 *   <li>{@code sync.tree}: the order in which ranks are added
 * </ul>
 *
 * <p>May depend on {@code devices}, {@code engine}, {@code train}, {@code data} and Spark; {@code
 * collective}, {@code links} and {@code tree} know no Spark.
 */
package io.densespark.sync;
