package io.densespark.sync.collective;

import java.util.List;

/** The connection to a rank ended: its process died, or it left while others still needed it. */
public final class PeerLostException extends CollectiveException {
  PeerLostException(List<Integer> ranks, String message, Throwable cause) {
    super(Reason.PEER_LOST, ranks, message, cause);
  }
}
