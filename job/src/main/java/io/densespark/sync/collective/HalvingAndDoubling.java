package io.densespark.sync.collective;

import io.densespark.sync.links.FrameHeader;
import io.densespark.sync.links.FrameKind;
import io.densespark.sync.links.Mesh;
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
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Recursive halving and doubling: the values of the direct exchange in 2 log2 E rounds with one
 * other executor each, instead of 2 rounds with E - 1 others (Thakur, Rabenseifner, Gropp,
 * "Optimization of Collective Communication Operations in MPICH", Int. J. High Perform. Comput.
 * Appl. 19(1), 2005, for a number of executors that is a power of two).
 *
 * <p>In the round of bit b, executors whose numbers differ in b hold the sums of sibling branches
 * over the same section of the vector. Each sends one half of its sums, adds what it receives to
 * the other half, and so holds the parent branch over half a section. In the end each has a stripe
 * of the result; the same rounds backwards bring it to all.
 */
final class HalvingAndDoubling implements Exchange {

  /** Stripes beside each other, one for each executor there is. */
  private record Section(int from, int to) {}

  /**
   * What is done with one other executor.
   *
   * @param peer the other
   * @param first whether this one's ranks come before the other's
   * @param both the parent of {@code mine} and {@code theirs}
   * @param kept what this executor adds, and later has the result of
   * @param sent what the other one does
   */
  private record Round(
      int peer,
      boolean first,
      RankRange mine,
      RankRange theirs,
      RankRange both,
      Section kept,
      Section sent) {}

  /** Memory in which the stripes of a section lie one after another, behind companions. */
  private final class Frame {
    private static final int BESIDE = Companions.BYTES;

    private final WirePiece[] pieces = new WirePiece[placement.executors()];
    private final int[] starts = new int[placement.executors() + 1];
    private final RankRange branch;
    private final ByteBuffer memory;

    /**
     * @param number of its memory
     */
    Frame(Operation operation, RankRange branch, Section section, int number) {
      this.branch = branch;
      long bytes = BESIDE;
      for (int stripe = section.from(); stripe < section.to(); stripe++) {
        starts[stripe] = (int) bytes;
        bytes += operation.wireBytes(branch, size(stripe));
      }
      memory = kept.room(number, bytes).slice(0, (int) bytes).order(ByteOrder.LITTLE_ENDIAN);
      starts[section.to()] = (int) bytes;
      for (int stripe = section.from(); stripe < section.to(); stripe++) {
        int length = starts[stripe + 1] - starts[stripe];
        pieces[stripe] = WirePiece.view(memory, starts[stripe], length, size(stripe));
      }
    }

    /** The companions. */
    ByteBuffer beside() {
      return memory.slice(0, BESIDE).order(ByteOrder.LITTLE_ENDIAN);
    }

    ByteBuffer bytes(Section section) {
      int from = starts[section.from()];
      return memory.slice(from, starts[section.to()] - from);
    }

    WirePart part(int stripe) {
      return new WirePart(branch, memory, 0, pieces[stripe]);
    }
  }

  /** What frames are laid out for. */
  private record Shape(Operation operation, int values) {}

  /** By round what this executor brings to it, and what comes; and the result. */
  private record Layout(List<Frame> own, List<Frame> incoming, Frame result) {}

  private final Mesh mesh;
  private final RankRange all;
  private final Placement placement;
  private final List<Round> rounds = new ArrayList<>();
  private final TreeSum tree;
  private final KeptMemory kept;

  /** A step has a few operations, which come again in the next. */
  private final Map<Shape, Layout> layouts = new HashMap<>();

  private FrameHeader header;
  private int values;
  private Layout frames;
  private Companions companions;

  HalvingAndDoubling(Mesh mesh, Placement placement) {
    this.mesh = mesh;
    this.placement = placement;
    this.all = RankRange.all(placement.worldSize());
    this.tree = new TreeSum(placement.worldSize());
    this.kept = new KeptMemory(2 * Integer.numberOfTrailingZeros(placement.executors()) + 1);
    int me = mesh.executor();
    Section section = new Section(0, placement.executors());
    for (int bit = 1; bit < placement.executors(); bit *= 2) {
      boolean first = (me & bit) == 0;
      int middle = (section.from() + section.to()) / 2;
      Section lower = new Section(section.from(), middle);
      Section upper = new Section(middle, section.to());
      int here = me & -bit;
      int there = here ^ bit;
      int start = Math.min(here, there);
      section = first ? lower : upper;
      rounds.add(
          new Round(
              me ^ bit,
              first,
              ranks(placement, here, here + bit),
              ranks(placement, there, there + bit),
              ranks(placement, start, start + 2 * bit),
              section,
              first ? upper : lower));
    }
  }

  /** Whether executors are a power of two, and what halves of them hold are halves of the tree. */
  static boolean suits(Placement placement) {
    int executors = placement.executors();
    return executors > 1
        && Integer.bitCount(executors) == 1
        && suits(placement, RankRange.all(placement.worldSize()), 0, executors);
  }

  private static boolean suits(Placement placement, RankRange branch, int from, int to) {
    int middle = (from + to) / 2;
    return ranks(placement, from, to).equals(branch)
        && (to - from == 1
            || suits(placement, branch.left(), from, middle)
                && suits(placement, branch.right(), middle, to));
  }

  /** Of executors beside each other. */
  private static RankRange ranks(Placement placement, int from, int to) {
    return new RankRange(
        placement.ranksOfExecutor(from).from(), placement.ranksOfExecutor(to - 1).to());
  }

  @Override
  public Mesh mesh() {
    return mesh;
  }

  private int start(int stripe) {
    return (int) ((long) values * stripe / placement.executors());
  }

  private int size(int stripe) {
    return start(stripe + 1) - start(stripe);
  }

  @Override
  public void prepare(FrameHeader next, List<Part> parts, FloatBuffer target) {
    header = next;
    values = target.remaining();
    Shape shape = new Shape(next.operation(), values);
    frames = layouts.get(shape);
    if (frames == null) {
      frames = layOut(shape.operation());
      layouts.put(shape, frames);
    }
    TreeSum.companions(rounds.get(0).mine(), parts).putTo(frames.own().get(0).beside(), 0);
  }

  private Layout layOut(Operation operation) {
    int allocations = kept.allocations();
    List<Frame> own = new ArrayList<>();
    List<Frame> incoming = new ArrayList<>();
    Section vector = new Section(0, placement.executors());
    Section section = vector;
    int number = 0;
    for (Round round : rounds) {
      own.add(new Frame(operation, round.mine(), section, number++));
      incoming.add(new Frame(operation, round.theirs(), round.kept(), number++));
      section = round.kept();
    }
    Frame result = new Frame(operation, RankRange.of(0), vector, number);
    if (kept.allocations() > allocations) {
      layouts.clear();
    }
    return new Layout(own, incoming, result);
  }

  @Override
  public void encode(TreeSum mine, List<Part> parts, int share, int shares) {
    RankRange branch = rounds.get(0).mine();
    int tiles = 0;
    for (int stripe = 0; stripe < placement.executors(); stripe++) {
      for (int from = 0; from < size(stripe); from += TileCodec.TILE_VALUES) {
        if (tiles++ % shares == share) {
          int count = Math.min(TileCodec.TILE_VALUES, size(stripe) - from);
          mine.add(header.operation(), branch, parts, start(stripe) + from, count);
          mine.putTo(frames.own().get(0).pieces[stripe], from, count);
        }
      }
    }
  }

  /**
   * {@inheritDoc} Who waits for one that hangs is waited for in later rounds: the earlier a round,
   * the shorter it waits, so that the first to give up names the one that hangs.
   */
  @Override
  public void reduce(long timeoutNanos) throws IOException {
    long later = timeoutNanos / (16L * rounds.size());
    long wait = timeoutNanos - 2 * rounds.size() * later;
    for (int number = 0; number < rounds.size(); number++) {
      Round round = rounds.get(number);
      Frame mine = frames.own().get(number);
      ByteBuffer theirs = frames.incoming().get(number).memory;
      wait += later;
      swap(round, FrameKind.CONTRIBUTION, theirs, wait, mine.beside(), mine.bytes(round.sent()));
      add(number);
    }
    for (int number = rounds.size() - 1; number >= 0; number--) {
      Round round = rounds.get(number);
      ByteBuffer theirs = frames.result().bytes(round.sent());
      wait += later;
      swap(round, FrameKind.RESULT, theirs, wait, frames.result().bytes(round.kept()));
    }
  }

  private void swap(
      Round round, FrameKind kind, ByteBuffer theirs, long waitNanos, ByteBuffer... mine)
      throws IOException {
    int bytes = Arrays.stream(mine).mapToInt(ByteBuffer::remaining).sum();
    mesh.link(round.peer()).send(header.as(kind, bytes), mine);
    mesh.link(round.peer()).input().expect(header.as(kind, theirs.capacity()), theirs);
    mesh.drive((link, arrived) -> {}, header, waitNanos);
  }

  /** The sum of this executor's and the other's branch over the section that is kept. */
  private void add(int number) {
    Operation operation = header.operation();
    Round round = rounds.get(number);
    boolean last = number == rounds.size() - 1;
    Frame sum = last ? frames.result() : frames.own().get(number + 1);
    List<WirePart> any = parts(number, round.kept().from());
    companions = last ? TreeSum.totals(operation, all, any) : TreeSum.companions(round.both(), any);
    companions.putTo(sum.beside(), 0);
    for (int stripe = round.kept().from(); stripe < round.kept().to(); stripe++) {
      List<WirePart> parts = parts(number, stripe);
      for (int from = 0; from < size(stripe); from += TileCodec.TILE_VALUES) {
        int count = Math.min(TileCodec.TILE_VALUES, size(stripe) - from);
        if (last) {
          float[] tile = tree.result(operation, all, parts, companions, from, count);
          tree.codec(operation).encodeTile(tile, count, sum.pieces[stripe], from);
        } else {
          tree.add(operation, round.both(), parts, from, count);
          tree.putTo(sum.pieces[stripe], from, count);
        }
      }
    }
  }

  private List<WirePart> parts(int number, int stripe) {
    WirePart mine = frames.own().get(number).part(stripe);
    WirePart theirs = frames.incoming().get(number).part(stripe);
    return rounds.get(number).first() ? List.of(mine, theirs) : List.of(theirs, mine);
  }

  @Override
  public Companions companions() {
    return companions;
  }

  @Override
  public void decode(TreeSum mine, FloatBuffer target, float[] tile) {
    for (int stripe = 0; stripe < placement.executors(); stripe++) {
      mine.codec(header.operation())
          .decode(frames.result().pieces[stripe], target, target.position() + start(stripe), tile);
    }
  }
}
