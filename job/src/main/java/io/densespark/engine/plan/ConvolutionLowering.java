package io.densespark.engine.plan;

import io.densespark.engine.graph.Node;
import io.densespark.engine.graph.Op;
import io.densespark.engine.plan.ConvolutionChoice.Direction;
import io.densespark.engine.plan.ConvolutionChoice.Layout;
import io.densespark.engine.plan.Instruction.ConvolutionSite;
import io.densespark.engine.plan.Program.Conversion;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Convolutions, forward and backward. Where the choice wants another layout, copies stand in for
 * the tensors.
 */
final class ConvolutionLowering {
  private final Lowering lowering;
  private final ConvolutionChooser chooser;
  private final boolean keepsWeights;

  /** Weights with gaps; written alike by forward and backward data, so shared between them. */
  private final Map<Integer, Integer> stagedWeights = new HashMap<>();

  /** Inputs in the layout that the forward computation wanted; that of weights may want it too. */
  private final Map<Integer, Image> sourceCopies = new HashMap<>();

  /** Buffers of images side by side, by the layout they have. */
  private final Map<Image, Integer> rowsOfSources = new HashMap<>();

  private final Map<Image, Integer> rowsOfGradients = new HashMap<>();

  /** Gradients of outputs in another layout; both backward computations of a node read them. */
  private final Map<Image, Image> gradientCopies = new HashMap<>();

  ConvolutionLowering(Lowering lowering, ConvolutionChooser chooser, boolean keepsWeights) {
    this.lowering = lowering;
    this.chooser = chooser;
    this.keepsWeights = keepsWeights;
  }

  void forward(Node node, Op.Convolution op) {
    Image src = lowering.image(node.input());
    Image dst = lowering.image(node.id());
    Optional<Instruction.Fold> fold = op.foldedNorm().map(norm -> fold(node, op));
    Optional<Vector> bias = Optional.empty();
    if (op.bias().isPresent() || fold.isPresent()) {
      Vector vector = lowering.buffers.vector(node.name() + " bias", dst.channels().physical());
      bias = Optional.of(vector);
      if (fold.isEmpty()) {
        lowering.loads.add(
            new Program.VectorLoad(
                op.bias().orElseThrow(), dst.channels(), vector, Conversion.NONE));
      }
    }
    ConvolutionChoice choice = chooser.choose(op, Direction.FORWARD, src, dst);
    Image from = standIn(choice, src);
    Image to = standIn(choice, dst);
    List<Instruction> out = lowering.instructions;
    copy(src, from, out);
    sourceCopies.put(node.id(), from);
    out.add(
        new Instruction.ConvolutionForward(
            readingSite(node, op, choice, from, to),
            from,
            to,
            bias,
            fold,
            lowering.training,
            keepsWeights));
    copy(to, dst, out);
  }

  private Instruction.Fold fold(Node node, Op.Convolution op) {
    int weights =
        lowering.buffers.temporary(node.name() + " folded", Float.BYTES * op.weights().length());
    return new Instruction.Fold(
        lowering.buffers.vector(node.name() + " factor", op.outChannels()), weights);
  }

  void backwardWeights(Node node, Op.Convolution op, Image dDst) {
    Image src = lowering.image(node.input());
    Optional<Vector> dBias = Optional.empty();
    if (op.bias().isPresent()) {
      Vector vector =
          lowering.buffers.vector("d " + node.name() + " bias", dDst.channels().physical());
      dBias = Optional.of(vector);
      lowering.stores.add(
          new Program.VectorStore(vector, dDst.channels(), op.bias().orElseThrow()));
    }
    Optional<Integer> staging =
        needsStaging(src, dDst)
            ? Optional.of(
                lowering.buffers.temporary(
                    "d " + node.name() + " staged", stagedBytes(op, src, dDst)))
            : Optional.empty();
    ConvolutionChoice choice = chooser.choose(op, Direction.BACKWARD_WEIGHTS, src, dDst);
    ConvolutionSite site =
        new ConvolutionSite(
            node.name(),
            op,
            choice,
            lowering.buffers.librarySized("d " + node.name() + " weights"),
            staging,
            chunk(choice, node));
    List<Instruction> out = lowering.instructions;
    Image from = sourceCopies.get(node.id());
    if (!from.isLaidOutLike(laidOut(choice, src))) {
      from = standInToRead(choice, src, rowsOfSources);
      copy(src, from, out);
    }
    Image to = standInToRead(choice, dDst, rowsOfGradients);
    copy(dDst, to, out);
    gradientCopies.put(dDst, to);
    out.add(new Instruction.ConvolutionBackwardWeights(site, from, to, dBias));
  }

  List<Instruction> backwardData(Node node, Op.Convolution op, Image dDst, Image dSrc) {
    ConvolutionChoice choice = chooser.choose(op, Direction.BACKWARD_DATA, dSrc, dDst);
    Image to = standIn(choice, dSrc);
    List<Instruction> out = new ArrayList<>();
    Image from = gradientCopies.get(dDst);
    if (!from.isLaidOutLike(laidOut(choice, dDst))) {
      from = standInToRead(choice, dDst, rowsOfGradients);
      copy(dDst, from, out);
    }
    out.add(
        new Instruction.ConvolutionBackwardData(readingSite(node, op, choice, to, from), from, to));
    copy(to, dSrc, out);
    return out;
  }

  /** The tensor itself, or a new one of the same channels in the layout chosen. */
  private Image standIn(ConvolutionChoice choice, Image image) {
    Image laidOut = laidOut(choice, image);
    return laidOut.isLaidOutLike(image)
        ? image
        : Tensors.rebuffered(
            laidOut, lowering.buffers.temporary("copy in another layout", laidOut.bytes()), 0);
  }

  /**
   * The same for what is read. The zeros between images of a row are never written: such copies
   * have a buffer that keeps them, one for all convolutions of a shape.
   */
  private Image standInToRead(ConvolutionChoice choice, Image image, Map<Image, Integer> rows) {
    if (choice.layout() != Layout.ROWS) {
      return standIn(choice, image);
    }
    Image laidOut = Tensors.rebuffered(laidOut(choice, image), 0, 0);
    int buffer =
        rows.computeIfAbsent(
            laidOut, shape -> lowering.buffers.pinned("rows of images", shape.bytes()));
    return Tensors.rebuffered(laidOut, buffer, 0);
  }

  /** An image in the layout chosen, at the start of its buffer where that is another. */
  private static Image laidOut(ConvolutionChoice choice, Image image) {
    int channels = image.channels().physical();
    return switch (choice.layout()) {
      case AS_IT_IS, CHUNKS -> image;
      case PLAIN -> laidOut(image, 1, 1);
      case CHANNELS_LAST -> laidOut(image, 1, channels);
      case ROWS ->
          laidOut(image, ConvolutionChoice.imagesInRow(image.images(), image.width()), channels);
    };
  }

  private static Image laidOut(Image image, int row, int block) {
    return new Image(
        image.buffer(),
        0,
        image.channels(),
        image.images() / row,
        image.height(),
        row == 1 ? image.width() : row * (image.width() + 1),
        block,
        image.element());
  }

  private static void copy(Image from, Image to, List<Instruction> out) {
    if (!from.equals(to)) {
      out.add(new Instruction.Copy(from, to));
    }
  }

  private ConvolutionSite readingSite(
      Node node, Op.Convolution op, ConvolutionChoice choice, Image src, Image dst) {
    Optional<Integer> staging = Optional.empty();
    if (needsStaging(src, dst)) {
      staging =
          Optional.of(
              stagedWeights.computeIfAbsent(
                  node.id(),
                  id ->
                      lowering.buffers.pinned(node.name() + " staged", stagedBytes(op, src, dst))));
    }
    String name = node.name() + " weights";
    int weights =
        keepsWeights
            ? lowering.buffers.librarySizedPinned(name)
            : lowering.buffers.librarySized(name);
    return new ConvolutionSite(node.name(), op, choice, weights, staging, chunk(choice, node));
  }

  private Optional<Instruction.Chunk> chunk(ConvolutionChoice choice, Node node) {
    if (choice.layout() != Layout.CHUNKS) {
      return Optional.empty();
    }
    return Optional.of(
        new Instruction.Chunk(
            lowering.buffers.librarySized(node.name() + " chunk"),
            lowering.buffers.librarySized(node.name() + " chunk out"),
            lowering.buffers.librarySized("d " + node.name() + " chunk weights")));
  }

  private static boolean needsStaging(Image src, Image dst) {
    return !src.channels().isDense() || !dst.channels().isDense();
  }

  private static long stagedBytes(Op.Convolution op, Image src, Image dst) {
    return (long) Float.BYTES
        * src.channels().physical()
        * dst.channels().physical()
        * op.window().kernelHeight()
        * op.window().kernelWidth();
  }
}
