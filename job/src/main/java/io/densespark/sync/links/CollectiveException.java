package io.densespark.sync.links;

import java.util.List;

/**
 * An operation that the ranks could not finish together. The collective is broken; its run has to
 * start again.
 */
public final class CollectiveException extends RuntimeException {

  /** What went wrong first, on whichever rank. */
  public enum Reason {
    /** A rank did not answer within the timeout. */
    TIMEOUT,
    /** A rank's connection ended: its process died, or it left while others still needed it. */
    PEER_LOST,
    /** Ranks disagree about what they are doing, or run different versions. */
    MISMATCH,
    /** A rank's thread was interrupted; its interrupt status stays set. */
    INTERRUPTED,
    /** A rank gave up for a reason of its own, or used a collective that it had closed. */
    ABORTED
  }

  private final Reason reason;
  private final List<Integer> ranks;

  /** One without a cause of its own. */
  public CollectiveException(Reason reason, List<Integer> ranks, String message) {
    this(reason, ranks, message, null);
  }

  /**
   * @param reason what went wrong first; for an abort by another rank, what that rank met
   * @param ranks those waited for, lost, or in disagreement with this one
   * @param message names them, where they are, and what to look at
   */
  public CollectiveException(Reason reason, List<Integer> ranks, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.ranks = List.copyOf(ranks);
  }

  /** What went wrong first. */
  public Reason reason() {
    return reason;
  }

  /** The ranks to look at. */
  public List<Integer> ranks() {
    return ranks;
  }
}
