/**
 * What the slots of a run do together, inside a JVM and over the links between executors: sums and
 * weighted means along the tree of ranks, all-gather and barrier; nobody hangs when one of them
 * fails.
 *
 * <p>{@link io.densespark.sync.collective.Collective} is the contract, and tells a gradient's way;
 * {@link io.densespark.sync.collective.GradientExchange} sums gradients in a wire format. Inside,
 * {@link io.densespark.sync.collective.ExecutorGroup} is where slots of a JVM meet, and {@code
 * Exchange} what executors do.
 *
 * <p>Depends on {@code io.densespark.train} for the state of the threshold format.
 */
package io.densespark.sync.collective;
