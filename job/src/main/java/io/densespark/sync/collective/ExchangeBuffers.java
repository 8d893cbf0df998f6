package io.densespark.sync.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The native memory of dense exchanges: one slab that grows to the largest operation, and views of
 * it that change with the operation's length and precision. Frames carry their header in front, so
 * that each is sent by one write.
 *
 * <pre>
 * contribution to rank 0 .. N-1 (header and piece; the piece for this rank itself is added from here, too)
 * own result (header and chunk)
 * contribution from rank 0 .. N-1 (own chunk each; none for this rank)
 * result of rank 0 .. N-1 (that rank's chunk; none for this rank)
 * </pre>
 */
final class ExchangeBuffers {
  private final int rank;
  private final int worldSize;
  private final WirePiece[] outgoing;
  private final WirePiece[] contributions;
  private final WirePiece[] results;
  private ByteBuffer slab = ByteBuffer.allocateDirect(0);
  private Chunks chunks;
  private TileCodec codec;
  private WirePiece ownResult;
  private ByteBuffer[] ownResultFrames;

  ExchangeBuffers(int rank, int worldSize) {
    this.rank = rank;
    this.worldSize = worldSize;
    outgoing = new WirePiece[worldSize];
    contributions = new WirePiece[worldSize];
    results = new WirePiece[worldSize];
    ownResultFrames = new ByteBuffer[worldSize];
  }

  /** Lays the views out for an operation; does nothing if the last one was alike. */
  void prepare(int length, TileCodec nextCodec) {
    if (chunks != null && chunks.length() == length && codec == nextCodec) {
      return;
    }
    Chunks next = new Chunks(length, worldSize);
    long bytes = 0;
    int ownBytes = nextCodec.wireBytes(next.size(rank));
    for (int r = 0; r < worldSize; r++) {
      bytes += FrameHeader.BYTES + 2L * nextCodec.wireBytes(next.size(r)) + ownBytes;
    }
    bytes += FrameHeader.BYTES + ownBytes;
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%d values between %d ranks need %d bytes of buffer: at most %d are possible; exchange them in parts"
              .formatted(length, worldSize, bytes, Integer.MAX_VALUE));
    }
    if (slab.capacity() < bytes) {
      slab = ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
    chunks = next;
    codec = nextCodec;
    layOut(ownBytes);
  }

  private void layOut(int ownBytes) {
    int at = 0;
    for (int r = 0; r < worldSize; r++) {
      int bytes = codec.wireBytes(chunks.size(r));
      outgoing[r] = WirePiece.view(slab, at, FrameHeader.BYTES, bytes, chunks.size(r));
      at += FrameHeader.BYTES + bytes;
    }
    ownResult = WirePiece.view(slab, at, FrameHeader.BYTES, ownBytes, chunks.size(rank));
    at += FrameHeader.BYTES + ownBytes;
    for (int r = 0; r < worldSize; r++) {
      if (r == rank) {
        continue;
      }
      ownResultFrames[r] = ownResult.frame().duplicate();
      contributions[r] = WirePiece.view(slab, at, 0, ownBytes, chunks.size(rank));
      at += ownBytes;
      int bytes = codec.wireBytes(chunks.size(r));
      results[r] = WirePiece.view(slab, at, 0, bytes, chunks.size(r));
      at += bytes;
    }
  }

  Chunks chunks() {
    return chunks;
  }

  /** What goes to a rank; the piece of this rank itself is not sent. */
  WirePiece outgoing(int to) {
    return outgoing[to];
  }

  /** What a rank contributes to this rank's chunk. */
  WirePiece contribution(int from) {
    return from == rank ? outgoing[rank] : contributions[from];
  }

  /** The finished chunk of a rank. */
  WirePiece result(int of) {
    return of == rank ? ownResult : results[of];
  }

  /** The frame of this rank's finished chunk, with a position of its own for each receiver. */
  ByteBuffer ownResultFrame(int to) {
    return ownResultFrames[to].clear();
  }
}
