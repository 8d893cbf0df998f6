/**
 * What the programs of {@code scripts/bench} share: the net and the batch that all of them run, and
 * the measuring of one round. Each peer is a {@link io.densespark.bench.Peer} with a main method
 * that calls {@link io.densespark.bench.Round#run}.
 *
 * <p>Depends on the JDK alone.
 */
package io.densespark.bench;
