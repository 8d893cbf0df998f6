package io.densespark.sync.collective;

import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Operation;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.RankRange;
import io.densespark.sync.tree.TreeSum;
import io.densespark.sync.tree.TreeSum.WirePart;
import io.densespark.sync.tree.WirePiece;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Where the frames of a sum or mean between executors lie. The vector is cut into a stripe for each
 * executor. A contribution to a stripe is the companions of all branches that its sender holds,
 * then the stripe's values of each branch.
 *
 * <p>Values that travel as they are, and are in native memory, travel from where an executor's only
 * slot has them to where it wants them; all others are encoded into memory of this object, and
 * decoded from there. A result may lie where a contribution did, as its sender has received that.
 */
final class StripeFrames {

  private final Placement placement;
  private final int me;
  private final List<RankRange> branches;
  private final ByteBuffer beside;

  /**
   * By executor what comes from it, at this one's place the result; then by branch what is sent.
   */
  private final KeptMemory kept;

  private int values;
  private Set<RankRange> inPlace;
  private boolean resultInPlace;
  private List<List<WirePart>> outgoing;
  private ByteBuffer[] incoming;
  private List<WirePart> ownStripe;
  private List<WirePiece> results;

  StripeFrames(Placement placement, int me) {
    this.placement = placement;
    this.me = me;
    this.branches = placement.branchesOf(me);
    this.beside =
        ByteBuffer.allocateDirect(branches.size() * Companions.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    this.kept = new KeptMemory(placement.executors() + branches.size());
  }

  /** The first value of a stripe; sizes differ by one at most. */
  int start(int stripe) {
    return (int) ((long) values * stripe / placement.executors());
  }

  private int size(int stripe) {
    return start(stripe + 1) - start(stripe);
  }

  /**
   * Lays the frames of an operation out.
   *
   * @param parts what this executor brings, in the order of ranks
   * @param target receives the result
   */
  void layOut(Operation operation, List<Part> parts, FloatBuffer target) {
    int executors = placement.executors();
    boolean alone = placement.slotsOfExecutor().get(me) == 1;
    values = target.remaining();
    inPlace = new HashSet<>();
    outgoing =
        IntStream.range(0, executors)
            .mapToObj(n -> (List<WirePart>) new ArrayList<WirePart>())
            .toList();
    incoming = new ByteBuffer[executors];
    ownStripe = new ArrayList<>();
    for (int number = 0; number < branches.size(); number++) {
      RankRange branch = branches.get(number);
      TreeSum.companions(branch, parts).putTo(beside, number);
      ByteBuffer there = alone && operation.isPlain(branch) ? memoryOf(branch, parts) : null;
      if (there != null) {
        inPlace.add(branch);
      }
      List<WirePiece> pieces = stripes(operation, branch, there, executors + number);
      for (int stripe = 0; stripe < executors; stripe++) {
        outgoing.get(stripe).add(new WirePart(branch, beside, number, pieces.get(stripe)));
      }
    }
    for (int peer = 0; peer < executors; peer++) {
      ownStripe.addAll(peer == me ? outgoing.get(me) : layIncomingOut(operation, peer));
    }
    RankRange one = RankRange.of(0);
    ByteBuffer there = alone && operation.isPlain(one) ? memoryOf(target) : null;
    resultInPlace = there != null;
    results = stripes(operation, one, there, me);
  }

  /** The stripes of a vector, one after another. */
  private List<WirePiece> stripes(
      Operation operation, RankRange branch, ByteBuffer there, int number) {
    long total =
        IntStream.range(0, placement.executors())
            .mapToLong(n -> operation.wireBytes(branch, size(n)))
            .sum();
    ByteBuffer memory = there == null ? kept.room(number, total) : there;
    List<WirePiece> pieces = new ArrayList<>();
    int at = 0;
    for (int stripe = 0; stripe < placement.executors(); stripe++) {
      int bytes = (int) operation.wireBytes(branch, size(stripe));
      pieces.add(WirePiece.view(memory, at, bytes, size(stripe)));
      at += bytes;
    }
    return pieces;
  }

  private List<WirePart> layIncomingOut(Operation operation, int peer) {
    List<RankRange> theirs = placement.branchesOf(peer);
    int at = theirs.size() * Companions.BYTES;
    long total =
        at + theirs.stream().mapToLong(branch -> operation.wireBytes(branch, size(me))).sum();
    ByteBuffer frame = kept.room(peer, total).slice(0, (int) total).order(ByteOrder.LITTLE_ENDIAN);
    incoming[peer] = frame;
    List<WirePart> parts = new ArrayList<>();
    for (RankRange branch : theirs) {
      int bytes = (int) operation.wireBytes(branch, size(me));
      parts.add(
          new WirePart(branch, frame, parts.size(), WirePiece.view(frame, at, bytes, size(me))));
      at += bytes;
    }
    return parts;
  }

  private static ByteBuffer memoryOf(RankRange branch, List<Part> parts) {
    return parts.stream()
        .filter(part -> part.ranks().equals(branch))
        .findFirst()
        .map(part -> memoryOf(part.values()))
        .orElse(null);
  }

  /** The memory of little-endian native floats; null: they are others. */
  private static ByteBuffer memoryOf(FloatBuffer floats) {
    boolean asOnTheWire = floats.isDirect() && floats.order() == ByteOrder.LITTLE_ENDIAN;
    // A pointer takes the buffer's start for its position.
    return asOnTheWire && floats.hasRemaining()
        ? new FloatPointer(floats.slice()).asByteBuffer()
        : null;
  }

  /** What is to be encoded of a stripe. */
  List<WirePart> encoded(int stripe) {
    return outgoing.get(stripe).stream().filter(part -> !inPlace.contains(part.ranks())).toList();
  }

  /** What this executor contributes to a stripe. */
  ByteBuffer[] outgoing(int stripe) {
    List<ByteBuffer> frame = new ArrayList<>(List.of(beside.duplicate()));
    outgoing.get(stripe).forEach(part -> frame.add(part.piece().bytes().duplicate()));
    return frame.toArray(ByteBuffer[]::new);
  }

  /** Receives another executor's contribution to the stripe of this one. */
  ByteBuffer incoming(int executor) {
    return incoming[executor];
  }

  /** All contributions to the stripe of this executor, in the order of ranks. */
  List<WirePart> ownStripe() {
    return ownStripe;
  }

  /** The sum of a stripe. */
  WirePiece result(int stripe) {
    return results.get(stripe);
  }

  /** Whether results lie in the target. */
  boolean isResultInPlace() {
    return resultInPlace;
  }
}
