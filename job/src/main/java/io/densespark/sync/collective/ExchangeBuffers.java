package io.densespark.sync.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Where the payloads of dense exchanges lie. Values in native memory that travel as they are stay
 * where they are: their chunks are sent from there and results are received into them. Others pass
 * through a slab, which grows to the largest operation.
 *
 * <pre>
 * in place: contribution from rank 0 .. N-1 (own chunk each; none for this rank)
 * coded:    the same, then
 *           contribution to rank 0 .. N-1 (the piece for this rank itself is added from here, too)
 *           result of rank 0 .. N-1
 * </pre>
 */
final class ExchangeBuffers {
  private final int rank;
  private final int worldSize;
  private final WirePiece[] outgoing;
  private final WirePiece[] contributions;
  private final WirePiece[] results;
  private final ByteBuffer[] ownResults;
  private ByteBuffer slab = ByteBuffer.allocateDirect(0);
  private Chunks chunks;
  private TileCodec codec;
  private long address;

  ExchangeBuffers(int rank, int worldSize) {
    this.rank = rank;
    this.worldSize = worldSize;
    outgoing = new WirePiece[worldSize];
    contributions = new WirePiece[worldSize];
    results = new WirePiece[worldSize];
    ownResults = new ByteBuffer[worldSize];
  }

  /**
   * Lays the payloads out for an operation; does nothing if the last one was alike.
   *
   * @param asTheyAre whether the codec's bytes are those of the values
   */
  void prepare(FloatBuffer values, TileCodec nextCodec, boolean asTheyAre) {
    int length = values.remaining();
    boolean inPlace = asTheyAre && values.isDirect() && values.order() == ByteOrder.LITTLE_ENDIAN;
    long nextAddress = inPlace ? NativeView.address(values) : 0;
    if (chunks != null
        && chunks.length() == length
        && codec == nextCodec
        && address == nextAddress) {
      return;
    }
    chunks = new Chunks(length, worldSize);
    codec = nextCodec;
    address = nextAddress;
    growSlab(inPlace);
    int end = layOutContributions();
    if (inPlace) {
      layOutInPlace(NativeView.bytes(values));
    } else {
      layOutCoded(end);
    }
    for (int r = 0; r < worldSize; r++) {
      ownResults[r] = results[rank].bytes().duplicate();
    }
  }

  private void growSlab(boolean inPlace) {
    long bytes = (long) codec.wireBytes(chunks.size(rank)) * worldSize;
    for (int r = 0; r < worldSize && !inPlace; r++) {
      bytes += 2L * codec.wireBytes(chunks.size(r));
    }
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%d values between %d ranks need %d bytes of buffer: at most %d are possible; exchange them in parts"
              .formatted(chunks.length(), worldSize, bytes, Integer.MAX_VALUE));
    }
    if (slab.capacity() < bytes) {
      slab = ByteBuffer.allocateDirect((int) bytes);
    }
  }

  private int layOutContributions() {
    int bytes = codec.wireBytes(chunks.size(rank));
    int at = 0;
    for (int r = 0; r < worldSize; r++) {
      if (r != rank) {
        contributions[r] = WirePiece.view(slab, at, bytes, chunks.size(rank));
        at += bytes;
      }
    }
    return at;
  }

  private void layOutInPlace(ByteBuffer values) {
    for (int r = 0; r < worldSize; r++) {
      int at = chunks.start(r) * Float.BYTES;
      outgoing[r] = WirePiece.view(values, at, codec.wireBytes(chunks.size(r)), chunks.size(r));
      results[r] = outgoing[r];
    }
    contributions[rank] = outgoing[rank];
  }

  private void layOutCoded(int from) {
    int at = from;
    for (int r = 0; r < worldSize; r++) {
      int bytes = codec.wireBytes(chunks.size(r));
      outgoing[r] = WirePiece.view(slab, at, bytes, chunks.size(r));
      results[r] = WirePiece.view(slab, at + bytes, bytes, chunks.size(r));
      at += 2 * bytes;
    }
    contributions[rank] = outgoing[rank];
  }

  /** Whether the pieces are the values themselves. */
  boolean inPlace() {
    return address != 0;
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
    return contributions[from];
  }

  /** The finished chunk of a rank. */
  WirePiece result(int of) {
    return results[of];
  }

  /** This rank's finished chunk, with a position of its own for each receiver. */
  ByteBuffer ownResult(int to) {
    return ownResults[to].clear();
  }
}
