package io.densespark.sync.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The dense operations over a {@link Mesh}: reduce-scatter, in which the owner of a chunk receives
 * every rank's piece and adds them in the order of ranks, then all-gather of the finished chunks.
 * Each rank sends and receives {@code 2 (N-1)/N} of the values, as in a ring. A broadcast is the
 * same with one contributor.
 */
final class ReduceExchange implements FrameSink {
  private static final int NOBODY = -1;

  private final Mesh mesh;
  private final int rank;
  private final int worldSize;
  private final ExchangeBuffers buffers;
  private final TileCodec float32 = new Float32Codec();
  private final TileCodec bfloat16 = new Bfloat16Codec();
  private final RankOrderAccumulator accumulator = new RankOrderAccumulator();
  private final float[] tile = new float[TileCodec.TILE_VALUES];
  private final boolean[] contributed;
  private final long[] weights;

  private FrameHeader header;
  private TileCodec codec;
  private FloatBuffer values;
  private int onlyContributor;
  private int nextToAdd;

  ReduceExchange(Mesh mesh) {
    this.mesh = mesh;
    rank = mesh.rank();
    worldSize = mesh.worldSize();
    buffers = new ExchangeBuffers(rank, worldSize);
    contributed = new boolean[worldSize];
    weights = new long[worldSize];
  }

  /** Starts the operation; {@link Mesh#drive} with this sink finishes it. */
  void start(FrameHeader operation, FloatBuffer operands) throws IOException {
    header = operation;
    values = operands;
    codec = operation.operation() == Operation.SUM_BF16 ? bfloat16 : float32;
    onlyContributor = operation.operation() == Operation.BROADCAST ? operation.root() : NOBODY;
    buffers.prepare(operands, codec, codec == float32);
    accumulator.begin(operation.operation(), buffers.chunks().size(rank));
    Arrays.fill(contributed, false);
    nextToAdd = onlyContributor == NOBODY ? 0 : onlyContributor;

    if (contributes(rank)) {
      // Everyone starts with its successor, so that no rank is everyone's first.
      for (int i = 1; i < worldSize; i++) {
        contribute((rank + i) % worldSize);
      }
      encode(rank);
      contributed[rank] = true;
      weights[rank] = operation.weight();
    }
    int chunkBytes = codec.wireBytes(buffers.chunks().size(rank));
    for (int peer = 0; peer < worldSize; peer++) {
      if (peer == rank) {
        continue;
      }
      if (contributes(peer)) {
        mesh.link(peer)
            .input()
            .expect(
                header.as(FrameKind.CONTRIBUTION, chunkBytes), buffers.contribution(peer).bytes());
      } else {
        expectResult(mesh.link(peer));
      }
    }
    addWhatIsNext();
  }

  @Override
  public void frameArrived(PeerLink link, FrameHeader arrived) throws IOException {
    int peer = link.rank();
    if (arrived.kind() == FrameKind.CONTRIBUTION) {
      contributed[peer] = true;
      weights[peer] = arrived.weight();
      expectResult(link);
      addWhatIsNext();
    } else {
      decode(peer);
    }
  }

  /**
   * After a sum: what all ranks sent as a double's bits in the place of a weight, added in order.
   */
  double companionSum() {
    double sum = 0;
    for (long bits : weights) {
      sum += Double.longBitsToDouble(bits);
    }
    return sum;
  }

  private boolean contributes(int peer) {
    return onlyContributor == NOBODY || onlyContributor == peer;
  }

  private void contribute(int peer) throws IOException {
    ByteBuffer payload = encode(peer).bytes();
    mesh.link(peer).send(header.as(FrameKind.CONTRIBUTION, payload.capacity()), payload.clear());
  }

  private WirePiece encode(int chunk) {
    WirePiece piece = buffers.outgoing(chunk);
    if (!buffers.inPlace()) {
      codec.encode(values, values.position() + buffers.chunks().start(chunk), piece, tile);
    }
    return piece;
  }

  private void expectResult(PeerLink link) {
    ByteBuffer payload = buffers.result(link.rank()).bytes();
    link.input().expect(header.as(FrameKind.RESULT, payload.capacity()), payload);
  }

  /**
   * Adds the pieces that are next in the order of ranks; behind the last one, the chunk goes to
   * everyone.
   */
  private void addWhatIsNext() throws IOException {
    while (nextToAdd < worldSize && contributed[nextToAdd]) {
      WirePiece piece = buffers.contribution(nextToAdd);
      long weight = weights[nextToAdd];
      nextToAdd = onlyContributor == NOBODY ? nextToAdd + 1 : worldSize;
      if (nextToAdd < worldSize) {
        accumulator.add(codec, piece, weight);
      } else {
        accumulator.addLast(codec, piece, weight, buffers.result(rank));
        shareResult();
      }
    }
  }

  private void shareResult() throws IOException {
    FrameHeader result = header.as(FrameKind.RESULT, buffers.result(rank).bytes().capacity());
    for (int i = 1; i < worldSize; i++) {
      int peer = (rank + i) % worldSize;
      mesh.link(peer).send(result, buffers.ownResult(peer));
    }
    decode(rank);
  }

  private void decode(int chunk) {
    if (!buffers.inPlace()) {
      codec.decode(
          buffers.result(chunk), values, values.position() + buffers.chunks().start(chunk), tile);
    }
  }
}
