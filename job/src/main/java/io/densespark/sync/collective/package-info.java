/**
 * What the slots of a run do together, over TCP and inside a JVM: sums and weighted means along the
 * tree of ranks, all-gather and barrier; nobody hangs when one of them fails. Nothing here knows
 * Spark: addresses, ranks and the run's secret come from outside.
 *
 * <p>In reading order: {@link io.densespark.sync.collective.RankRange} is the tree, {@link
 * io.densespark.sync.collective.Placement} says who computes which ranks, {@link
 * io.densespark.sync.collective.Collective} is the contract, and tells a gradient's way; {@link
 * io.densespark.sync.collective.GradientExchange} sums gradients in a wire format. Inside, {@link
 * io.densespark.sync.collective.ExecutorGroup} is where slots of a JVM meet and {@code TreeSum} how
 * they add; {@link io.densespark.sync.collective.Rendezvous}, {@code MeshRendezvous} and {@code
 * Handshake} lead to a {@code Mesh} of {@code PeerLink}s between executors, and {@code Exchange} is
 * what they do over it.
 *
 * <p>Depends on {@code io.densespark.train} for the state of the threshold format, and on nothing
 * else of this project.
 */
package io.densespark.sync.collective;
