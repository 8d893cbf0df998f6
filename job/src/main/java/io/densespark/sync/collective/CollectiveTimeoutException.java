package io.densespark.sync.collective;

import java.util.List;

/** One or more ranks did not answer in time; {@link #ranks} and the message name them. */
public final class CollectiveTimeoutException extends CollectiveException {
  /** For whoever keeps slots together by other means. */
  public CollectiveTimeoutException(List<Integer> ranks, String message, Throwable cause) {
    super(Reason.TIMEOUT, ranks, message, cause);
  }
}
