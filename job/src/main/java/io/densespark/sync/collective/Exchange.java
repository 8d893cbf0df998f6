package io.densespark.sync.collective;

import io.densespark.sync.collective.TreeSum.WirePart;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The operations of executors over a {@link Mesh}. Sums and means are a direct reduce-scatter: each
 * executor owns a stripe of the vector, receives everyone's partial sums of it, adds them along the
 * tree, and sends the result to everyone. That is one round of latency each way, and with ranges
 * that are branches of the tree {@code 2 (E-1)/E} of the values sent by each, as in a ring.
 *
 * <p>The slots of an executor share the work of {@link #encode} and {@link #decode}; all else is
 * for one thread.
 */
final class Exchange implements FrameSink {

  private final Mesh mesh;
  private final Placement placement;
  private final RankRange all;
  private final int me;
  private final TreeSum tree;
  private ByteBuffer slab = ByteBuffer.allocateDirect(0);
  private ByteBuffer gatherOut = ByteBuffer.allocateDirect(FrameInput.SMALL_BYTES);

  // The layout of an operation, kept while the next one is alike.
  private Operation operation;
  private Stripes stripes;
  private WirePiece[] outgoing;
  private WirePiece[] incoming;
  private WirePiece[] results;
  private List<List<WirePart>> outgoingParts;
  private List<WirePart> stripeParts;

  private FrameHeader header;
  private int missing;
  private Companions companions;

  /** Cuts values into a stripe for each executor; sizes differ by one at most. */
  private record Stripes(int values, int executors) {

    int start(int stripe) {
      return (int) ((long) values * stripe / executors);
    }

    int size(int stripe) {
      return start(stripe + 1) - start(stripe);
    }
  }

  Exchange(Mesh mesh, Placement placement) {
    this.mesh = mesh;
    this.placement = placement;
    this.all = RankRange.all(placement.worldSize());
    this.me = mesh.executor();
    this.tree = new TreeSum(placement.worldSize());
  }

  Mesh mesh() {
    return mesh;
  }

  /** Lays the frames of an operation out, before slots encode. */
  void prepare(FrameHeader next, List<Part> parts) {
    header = next;
    if (operation != next.operation() || stripes.values() != next.values()) {
      layOut(next.operation(), next.values());
    }
    List<RankRange> branches = placement.branchesOf(me);
    for (int branch = 0; branch < branches.size(); branch++) {
      Companions sums = TreeSum.companions(branches.get(branch), parts);
      for (WirePiece frame : outgoing) {
        sums.putTo(frame.bytes(), branch);
      }
    }
  }

  private void layOut(Operation next, int values) {
    int executors = placement.executors();
    operation = next;
    stripes = new Stripes(values, executors);
    TileCodec codec = tree.codec(next);
    long total = 0;
    for (int peer = 0; peer < executors; peer++) {
      total += frameBytes(me, peer) + (long) frameBytes(peer, me);
      total += codec.wireBytes(stripes.size(peer));
    }
    if (total > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          Text.format(
              "%d values between %d executors need %d bytes of buffer: at most %d are possible; exchange them in parts",
              values, executors, total, Integer.MAX_VALUE));
    }
    if (slab.capacity() < total) {
      slab = ByteBuffer.allocateDirect((int) total);
    }
    outgoing = new WirePiece[executors];
    incoming = new WirePiece[executors];
    results = new WirePiece[executors];
    outgoingParts = new ArrayList<>();
    stripeParts = new ArrayList<>();
    int at = 0;
    for (int peer = 0; peer < executors; peer++) {
      outgoing[peer] = WirePiece.view(slab, at, frameBytes(me, peer), 0);
      at += frameBytes(me, peer);
      outgoingParts.add(parts(me, outgoing[peer], stripes.size(peer)));
      if (peer == me) {
        incoming[peer] = outgoing[peer];
      } else {
        incoming[peer] = WirePiece.view(slab, at, frameBytes(peer, me), 0);
        at += frameBytes(peer, me);
      }
      stripeParts.addAll(parts(peer, incoming[peer], stripes.size(me)));
      int bytes = codec.wireBytes(stripes.size(peer));
      results[peer] = WirePiece.view(slab, at, bytes, stripes.size(peer));
      at += bytes;
    }
  }

  /** Companions, then the stripe's values, of each branch that the sender holds. */
  private int frameBytes(int sender, int stripe) {
    int bytes = 0;
    for (RankRange branch : placement.branchesOf(sender)) {
      bytes += Companions.BYTES + partialBytes(branch, stripes.size(stripe));
    }
    return bytes;
  }

  private int partialBytes(RankRange branch, int values) {
    return operation.isWide(branch)
        ? values * Double.BYTES
        : tree.codec(operation).wireBytes(values);
  }

  private List<WirePart> parts(int sender, WirePiece frame, int values) {
    List<RankRange> branches = placement.branchesOf(sender);
    List<WirePart> parts = new ArrayList<>();
    int at = branches.size() * Companions.BYTES;
    for (int branch = 0; branch < branches.size(); branch++) {
      WirePiece piece =
          WirePiece.view(frame.bytes(), at, partialBytes(branches.get(branch), values), values);
      parts.add(new WirePart(branches.get(branch), frame, branch, piece));
      at += partialBytes(branches.get(branch), values);
    }
    return parts;
  }

  /**
   * Writes one slot's share of what this executor sends: every so many tiles of each stripe.
   *
   * @param share of {@code shares}, from 0
   */
  void encode(TreeSum mine, List<Part> parts, int share, int shares) {
    TileCodec codec = mine.codec(operation);
    for (int stripe = 0; stripe < results.length; stripe++) {
      int size = stripes.size(stripe);
      for (WirePart out : outgoingParts.get(stripe)) {
        for (int from = share * TileCodec.TILE_VALUES;
            from < size;
            from += shares * TileCodec.TILE_VALUES) {
          int count = Math.min(TileCodec.TILE_VALUES, size - from);
          mine.add(operation, out.ranks(), parts, stripes.start(stripe) + from, count);
          if (operation.isWide(out.ranks())) {
            out.piece().bytes().asDoubleBuffer().put(from, mine.wideValues(), 0, count);
          } else {
            codec.encodeTile(mine.values(), count, out.piece(), from);
          }
        }
      }
    }
  }

  /** Sends, receives and adds. */
  void reduce(long timeoutNanos) throws IOException {
    missing = results.length - 1;
    // Everyone starts with its successor, so that nobody is everyone's first.
    for (int i = 1; i < results.length; i++) {
      int peer = (me + i) % results.length;
      ByteBuffer frame = outgoing[peer].bytes();
      mesh.link(peer).send(header.as(FrameKind.CONTRIBUTION, frame.capacity()), frame.clear());
    }
    for (int peer = 0; peer < results.length; peer++) {
      if (peer != me) {
        ByteBuffer frame = incoming[peer].bytes();
        mesh.link(peer).input().expect(header.as(FrameKind.CONTRIBUTION, frame.capacity()), frame);
      }
    }
    mesh.drive(this, header, timeoutNanos);
  }

  @Override
  public void frameArrived(PeerLink link, FrameHeader arrived) throws IOException {
    if (arrived.operation() == Operation.GATHER
        || arrived.operation() == Operation.BARRIER
        || arrived.kind() == FrameKind.RESULT) {
      return;
    }
    ByteBuffer result = results[link.executor()].bytes();
    link.input().expect(header.as(FrameKind.RESULT, result.capacity()), result);
    missing--;
    if (missing == 0) {
      addOwnStripe();
      for (int i = 1; i < results.length; i++) {
        ByteBuffer mine = results[me].bytes();
        FrameHeader head = header.as(FrameKind.RESULT, mine.capacity());
        mesh.link((me + i) % results.length).send(head, mine.duplicate().clear());
      }
    }
  }

  private void addOwnStripe() {
    companions = TreeSum.totals(operation, all, stripeParts);
    TileCodec codec = tree.codec(operation);
    for (int from = 0; from < stripes.size(me); from += TileCodec.TILE_VALUES) {
      int count = Math.min(TileCodec.TILE_VALUES, stripes.size(me) - from);
      float[] values = tree.result(operation, all, stripeParts, companions, from, count);
      codec.encodeTile(values, count, results[me], from);
    }
  }

  /** Sums of the companions over all ranks, after {@link #reduce}. */
  Companions companions() {
    return companions;
  }

  /** Copies the result to a slot's values. */
  void decode(TreeSum mine, FloatBuffer target, float[] tile) {
    for (int stripe = 0; stripe < results.length; stripe++) {
      mine.codec(operation)
          .decode(results[stripe], target, target.position() + stripes.start(stripe), tile);
    }
  }

  /** Everyone's bytes to everyone; {@link #gathered} has them afterwards. */
  void gather(FrameHeader operationHeader, byte[] mine, int maxBytes, long timeoutNanos)
      throws IOException {
    FrameHeader head = operationHeader.as(FrameKind.CONTRIBUTION, mine.length);
    if (gatherOut.capacity() < mine.length) {
      gatherOut = ByteBuffer.allocateDirect(mine.length);
    }
    gatherOut.put(0, mine);
    for (int i = 1; i < mesh.executors(); i++) {
      PeerLink link = mesh.link((me + i) % mesh.executors());
      link.send(head, gatherOut.duplicate().clear().limit(mine.length));
    }
    for (int peer = 0; peer < mesh.executors(); peer++) {
      if (peer != me) {
        mesh.link(peer).input().expectUpTo(head, maxBytes);
      }
    }
    mesh.drive(this, head, timeoutNanos);
  }

  /** What another executor brought. */
  ByteBuffer gathered(int executor) {
    return mesh.link(executor)
        .input()
        .gathered()
        .duplicate()
        .rewind()
        .asReadOnlyBuffer()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns when all executors have called it: the end of their rendezvous. */
  void meet(long timeoutNanos) throws IOException {
    byte[] phase = "rendezvous".getBytes(StandardCharsets.UTF_8);
    gather(
        new FrameHeader(
            FrameKind.CONTRIBUTION,
            Operation.BARRIER,
            me,
            phase.length,
            0,
            0,
            Collective.MAX_PHASE_BYTES),
        phase,
        Collective.MAX_PHASE_BYTES,
        timeoutNanos);
  }
}
