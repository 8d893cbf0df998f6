package io.densespark.sync.links;

import java.time.Duration;

/**
 * How ranks meet and how patient they are.
 *
 * @param runId names the run (and the attempt, where there are several); strangers to it are
 *     refused
 * @param secret what only the ranks of this run know
 * @param encrypted whether what executors exchange is encrypted
 * @param timeout longest wait for other ranks, in the rendezvous and in each operation
 * @param handshakeTimeout longest time a connecting process may take to prove that it belongs to
 *     the run
 */
public record CollectiveConfig(
    String runId,
    RunSecret secret,
    boolean encrypted,
    Duration timeout,
    Duration handshakeTimeout) {

  /** With a handshake of at most five seconds. */
  public static CollectiveConfig of(
      String runId, RunSecret secret, boolean encrypted, Duration timeout) {
    Duration five = Duration.ofSeconds(5);
    return new CollectiveConfig(
        runId, secret, encrypted, timeout, timeout.compareTo(five) < 0 ? timeout : five);
  }
}
