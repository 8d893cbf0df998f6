package io.densespark.sync.collective;

import java.util.List;

/** Two ranks are at different steps or operations, differ in lengths, or run different versions. */
public final class CollectiveMismatchException extends CollectiveException {
  CollectiveMismatchException(List<Integer> ranks, String message, Throwable cause) {
    super(Reason.MISMATCH, ranks, message, cause);
  }
}
