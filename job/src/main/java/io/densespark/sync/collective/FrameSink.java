package io.densespark.sync.collective;

import java.io.IOException;

/** Takes frames whose payload has arrived in the buffer it was expected in. */
@FunctionalInterface
interface FrameSink {
  void frameArrived(PeerLink link, FrameHeader header) throws IOException;
}
