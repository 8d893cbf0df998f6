package io.densespark.engine.plan;

import io.densespark.engine.graph.Node;
import io.densespark.engine.graph.Op;
import io.densespark.engine.plan.ConvolutionChoice.Direction;
import io.densespark.engine.plan.Instruction.ConvolutionSite;
import io.densespark.engine.plan.Program.Conversion;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Convolutions, forward and backward. */
final class ConvolutionLowering {
  private final Lowering lowering;

  /** Weights with gaps; written alike by forward and backward data, so shared between them. */
  private final Map<Integer, Integer> stagedWeights = new HashMap<>();

  ConvolutionLowering(Lowering lowering) {
    this.lowering = lowering;
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
    lowering.instructions.add(
        new Instruction.ConvolutionForward(
            readingSite(node, op, Direction.FORWARD, src, dst),
            src,
            dst,
            bias,
            fold,
            lowering.training));
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
    ConvolutionSite site =
        new ConvolutionSite(
            node.name(),
            op,
            ConvolutionChoice.choose(op, Direction.BACKWARD_WEIGHTS, src, dDst),
            lowering.buffers.librarySized("d " + node.name() + " weights"),
            staging);
    lowering.instructions.add(new Instruction.ConvolutionBackwardWeights(site, src, dDst, dBias));
  }

  List<Instruction> backwardData(Node node, Op.Convolution op, Image dDst, Image dSrc) {
    return List.of(
        new Instruction.ConvolutionBackwardData(
            readingSite(node, op, Direction.BACKWARD_DATA, dSrc, dDst), dDst, dSrc));
  }

  private ConvolutionSite readingSite(
      Node node, Op.Convolution op, Direction direction, Image src, Image dst) {
    Optional<Integer> staging = Optional.empty();
    if (needsStaging(src, dst)) {
      staging =
          Optional.of(
              stagedWeights.computeIfAbsent(
                  node.id(),
                  id ->
                      lowering.buffers.pinned(node.name() + " staged", stagedBytes(op, src, dst))));
    }
    return new ConvolutionSite(
        node.name(),
        op,
        ConvolutionChoice.choose(op, direction, src, dst),
        lowering.buffers.librarySized(node.name() + " weights"),
        staging);
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
