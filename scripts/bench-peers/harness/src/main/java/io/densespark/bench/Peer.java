package io.densespark.bench;

import java.util.OptionalDouble;

/** A net set up in some framework, with a batch at hand. Called from one thread. */
public interface Peer extends AutoCloseable {

  /** Makes a peer for the settings of a round. */
  interface Factory {
    Peer create(Round round, Net net) throws Exception;
  }

  /** Images of one call of {@link #train} or {@link #infer}. */
  int imagesPerCall();

  /**
   * One step: forward, backward, Nesterov update. Returns the loss, NaN where it is not at hand.
   */
  double train() throws Exception;

  /**
   * Throughput of training, measured by the peer itself, where it is not that of calls of {@link
   * #train} one after another.
   *
   * @param seconds shortest time to measure, after as much warm-up as the peer needs
   * @return images/s; empty: calls are measured
   */
  default OptionalDouble trainingImagesPerSecond(double seconds) throws Exception {
    return OptionalDouble.empty();
  }

  /** One forward pass in inference mode, to probabilities or what precedes them. */
  void infer() throws Exception;

  /** Frees native memory where the end of the process would come too late. */
  @Override
  default void close() {}
}
