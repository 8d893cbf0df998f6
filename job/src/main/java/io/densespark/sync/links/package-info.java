/**
 * TCP connections between the executors of a run. {@link io.densespark.sync.links.Rendezvous},
 * {@code MeshRendezvous} and {@code Handshake} lead to a {@code Mesh} of {@code PeerLink}s, through
 * which frames go ({@code FrameHeader}, {@code FrameInput}); {@code PeerChannel} encrypts where
 * that is asked for. What fails is a {@link io.densespark.sync.links.CollectiveException}. Nothing
 * here knows Spark: addresses, ranks and the run's secret come from outside.
 */
package io.densespark.sync.links;
