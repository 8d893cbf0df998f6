package io.densespark.sync.collective;

import java.util.List;

/**
 * A rank gave up, and this is what it said; or this rank's collective had been given up or closed
 * before the call.
 */
public final class CollectiveAbortedException extends CollectiveException {
  /** For whoever keeps slots together by other means. */
  public CollectiveAbortedException(
      Reason reason, List<Integer> ranks, String message, Throwable cause) {
    super(reason, ranks, message, cause);
  }
}
