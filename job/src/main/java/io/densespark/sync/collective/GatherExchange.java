package io.densespark.sync.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Everyone's bytes to everyone over a {@link Mesh}; also the barrier, whose bytes are the phase's
 * name.
 */
final class GatherExchange implements FrameSink {
  private final Mesh mesh;
  private final ByteBuffer[] payloads;
  private ByteBuffer outgoing = ByteBuffer.allocateDirect(0);

  GatherExchange(Mesh mesh) {
    this.mesh = mesh;
    payloads = new ByteBuffer[mesh.worldSize()];
  }

  /** Starts the operation; {@link Mesh#drive} with this sink finishes it. */
  void start(FrameHeader header, ByteBuffer mine, int maxBytes) throws IOException {
    int bytes = mine.remaining();
    if (outgoing.capacity() < bytes || payloads[mesh.rank()] == null) {
      outgoing = ByteBuffer.allocateDirect(Math.max(bytes, outgoing.capacity()));
      for (int peer = 0; peer < payloads.length; peer++) {
        payloads[peer] = outgoing.duplicate();
      }
    }
    outgoing.put(0, mine, mine.position(), bytes);
    for (int i = 1; i < payloads.length; i++) {
      PeerLink link = mesh.link((mesh.rank() + i) % payloads.length);
      link.send(header, payloads[link.rank()].clear().limit(bytes));
    }
    for (int peer = 0; peer < payloads.length; peer++) {
      if (peer != mesh.rank()) {
        mesh.link(peer).input().expectUpTo(header, maxBytes);
      }
    }
  }

  @Override
  public void frameArrived(PeerLink link, FrameHeader header) {}

  /** Shows what has arrived, in the order of ranks. */
  void visit(ByteBuffer mine, Collective.GatherVisitor visitor) {
    for (int peer = 0; peer < payloads.length; peer++) {
      ByteBuffer bytes =
          peer == mesh.rank() ? mine : mesh.link(peer).input().gathered().duplicate().rewind();
      visitor.visit(peer, bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }
  }
}
