package io.densespark.sync.collective;

import java.util.List;

/** The calling thread was interrupted; its interrupt status is set again. */
public final class CollectiveInterruptedException extends CollectiveException {
  CollectiveInterruptedException(List<Integer> ranks, String message, Throwable cause) {
    super(Reason.INTERRUPTED, ranks, message, cause);
  }
}
