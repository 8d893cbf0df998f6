/**
 * What replicas do together, over TCP or inside one JVM: exact all-reduce, weighted mean,
 * broadcast, all-gather and barrier; nobody hangs when one of them fails. Nothing here knows Spark:
 * addresses, ranks and the run's secret come from outside.
 *
 * <p>In reading order: {@link io.densespark.sync.collective.Collective} is the contract; {@link
 * io.densespark.sync.collective.Rendezvous} makes one over TCP, {@link
 * io.densespark.sync.collective.InJvmGroup} one for threads of a JVM; {@link
 * io.densespark.sync.collective.GradientExchange} sums gradients in the wire format that is
 * configured; {@link io.densespark.sync.collective.AveragingArithmetic} says how parameters are
 * averaged. Inside, {@code Meeting} and {@code Handshake} lead to a {@code Mesh} of {@code
 * PeerLink}s, and {@code ReduceExchange} and {@code GatherExchange} are the operations on it.
 *
 * <p>Depends on {@code io.densespark.sync} for the wire format, and on nothing else of this
 * project.
 */
package io.densespark.sync.collective;
