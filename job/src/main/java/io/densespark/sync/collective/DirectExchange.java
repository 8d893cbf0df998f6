package io.densespark.sync.collective;

import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.links.FrameInput;
import io.densespark.sync.links.FrameKind;
import io.densespark.sync.links.Mesh;
import io.densespark.sync.links.PeerLink;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Operation;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.RankRange;
import io.densespark.sync.tree.TileCodec;
import io.densespark.sync.tree.TreeSum;
import io.densespark.sync.tree.TreeSum.WirePart;
import io.densespark.sync.tree.WirePiece;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A direct reduce-scatter: each executor owns a stripe of the vector, receives everyone's partial
 * sums of it, adds them along the tree, and sends the result to everyone. That is one round of
 * latency each way, and with ranges that are branches of the tree {@code 2 (E-1)/E} of the values
 * sent by each, as in a ring.
 */
final class DirectExchange implements Exchange, FrameInput.Sink {

  private final Mesh mesh;
  private final Placement placement;
  private final RankRange all;
  private final int me;
  private final TreeSum tree;
  private final StripeFrames frames;

  private FrameHeader header;
  private int missing;
  private Companions companions;

  DirectExchange(Mesh mesh, Placement placement) {
    this.mesh = mesh;
    this.placement = placement;
    this.all = RankRange.all(placement.worldSize());
    this.me = mesh.executor();
    this.tree = new TreeSum(placement.worldSize());
    this.frames = new StripeFrames(placement, me);
  }

  @Override
  public Mesh mesh() {
    return mesh;
  }

  @Override
  public void prepare(FrameHeader next, List<Part> parts, FloatBuffer target) {
    header = next;
    frames.layOut(next.operation(), parts, target);
  }

  @Override
  public void encode(TreeSum mine, List<Part> parts, int share, int shares) {
    for (int stripe = 0; stripe < placement.executors(); stripe++) {
      for (WirePart out : frames.encoded(stripe)) {
        for (int from = share * TileCodec.TILE_VALUES;
            from < out.piece().values();
            from += shares * TileCodec.TILE_VALUES) {
          int count = Math.min(TileCodec.TILE_VALUES, out.piece().values() - from);
          mine.add(header.operation(), out.ranks(), parts, frames.start(stripe) + from, count);
          mine.putTo(out.piece(), from, count);
        }
      }
    }
  }

  @Override
  public void reduce(long timeoutNanos) throws IOException {
    int executors = placement.executors();
    missing = executors - 1;
    // Everyone starts with its successor, so that nobody is everyone's first.
    for (int i = 1; i < executors; i++) {
      int peer = (me + i) % executors;
      ByteBuffer[] frame = frames.outgoing(peer);
      int bytes = Arrays.stream(frame).mapToInt(ByteBuffer::remaining).sum();
      mesh.link(peer).send(header.as(FrameKind.CONTRIBUTION, bytes), frame);
    }
    for (int peer = 0; peer < executors; peer++) {
      if (peer != me) {
        ByteBuffer frame = frames.incoming(peer);
        mesh.link(peer).input().expect(header.as(FrameKind.CONTRIBUTION, frame.capacity()), frame);
      }
    }
    mesh.drive(this, header, timeoutNanos);
  }

  @Override
  public void frameArrived(PeerLink link, FrameHeader arrived) throws IOException {
    if (arrived.kind() == FrameKind.RESULT) {
      return;
    }
    ByteBuffer result = frames.result(link.executor()).bytes();
    link.input().expect(header.as(FrameKind.RESULT, result.capacity()), result);
    missing--;
    if (missing == 0) {
      addOwnStripe();
      ByteBuffer mine = frames.result(me).bytes();
      FrameHeader head = header.as(FrameKind.RESULT, mine.capacity());
      for (int i = 1; i < placement.executors(); i++) {
        mesh.link((me + i) % placement.executors()).send(head, mine.duplicate().clear());
      }
    }
  }

  private void addOwnStripe() {
    Operation operation = header.operation();
    List<WirePart> parts = frames.ownStripe();
    WirePiece result = frames.result(me);
    companions = TreeSum.totals(operation, all, parts);
    for (int from = 0; from < result.values(); from += TileCodec.TILE_VALUES) {
      int count = Math.min(TileCodec.TILE_VALUES, result.values() - from);
      float[] values = tree.result(operation, all, parts, companions, from, count);
      tree.codec(operation).encodeTile(values, count, result, from);
    }
  }

  @Override
  public Companions companions() {
    return companions;
  }

  @Override
  public void decode(TreeSum mine, FloatBuffer target, float[] tile) {
    for (int stripe = 0; stripe < placement.executors() && !frames.isResultInPlace(); stripe++) {
      mine.codec(header.operation())
          .decode(frames.result(stripe), target, target.position() + frames.start(stripe), tile);
    }
  }
}
