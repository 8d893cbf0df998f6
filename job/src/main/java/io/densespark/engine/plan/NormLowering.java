package io.densespark.engine.plan;

import io.densespark.engine.graph.Node;
import io.densespark.engine.graph.NormParameters;
import io.densespark.engine.graph.Op;
import io.densespark.engine.plan.Instruction.NormSite;
import io.densespark.engine.plan.Instruction.Statistics;
import io.densespark.engine.plan.Program.Conversion;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Batch norms, forward and backward. While training, channels that lie in one memory share their
 * statistics: a dense block normalises its first channels in every layer, and their mean and
 * variance are the same each time. A norm is therefore written in parts, those whose statistics an
 * earlier norm has left behind and those it computes itself.
 */
final class NormLowering {

  /** A range of a norm's physical channels. */
  private record Part(int first, int count, NormSite site) {}

  /** A norm as its forward instructions left it for the backward ones. */
  private record Written(List<Part> parts, Vector dGamma, Vector dBeta) {}

  /** Mean and variance of every channel of one memory. */
  private record Moments(Vector mean, Vector variance, BitSet known) {}

  private final Lowering lowering;
  private final boolean shareStatistics;
  private final Map<Integer, Moments> momentsOfRoot = new HashMap<>();
  private final Map<Integer, Written> written = new HashMap<>();

  NormLowering(Lowering lowering, boolean shareStatistics) {
    this.lowering = lowering;
    this.shareStatistics = shareStatistics;
  }

  void forward(Node node, Op.BatchNorm op) {
    Tensor src = lowering.value(node.input());
    Tensor dst = lowering.value(node.id());
    ChannelMap channels = channels(src);
    NormParameters norm = op.norm();
    Vector gamma = scaleOrShift(node.name() + " gamma", channels);
    Vector beta = scaleOrShift(node.name() + " beta", channels);
    norm.gamma().ifPresent(slice -> load(slice, channels, gamma, Conversion.NONE));
    norm.beta().ifPresent(slice -> load(slice, channels, beta, Conversion.NONE));
    if (norm.scaleShift().isEmpty()) {
      lowering.constants.add(new Program.VectorConstant(norm.lockedGamma(), channels, gamma));
      lowering.constants.add(new Program.VectorConstant(norm.lockedBeta(), channels, beta));
    }
    if (lowering.training) {
      forwardTraining(node, op, src, dst, gamma, beta);
    } else {
      Vector mean = scaleOrShift(node.name() + " mean", channels);
      Vector variance = scaleOrShift(node.name() + " variance", channels);
      load(norm.mean(), channels, mean, Conversion.NONE);
      load(
          norm.spread(),
          channels,
          variance,
          norm.spreadIsLogStd() ? Conversion.LOG_STD_TO_VARIANCE : Conversion.NONE);
      NormSite site =
          new NormSite(
              node.name(),
              norm.epsilon(),
              op.relu(),
              mean,
              variance,
              gamma,
              beta,
              Optional.empty());
      lowering.instructions.add(new Instruction.NormForward(site, Statistics.RUNNING, src, dst));
    }
  }

  private void forwardTraining(
      Node node, Op.BatchNorm op, Tensor src, Tensor dst, Vector gamma, Vector beta) {
    int physical = channels(src).physical();
    Moments moments = moments(node.input(), src);
    int base = src instanceof Image image && shareStatistics ? image.firstChannel() : 0;
    Vector mean = moments.mean().range(base, physical);
    Vector variance = moments.variance().range(base, physical);
    List<Part> parts = new ArrayList<>();
    for (int first = 0; first < physical; ) {
      boolean known = moments.known().get(base + first);
      int boundary =
          known
              ? moments.known().nextClearBit(base + first)
              : moments.known().nextSetBit(base + first);
      int end = boundary < 0 ? physical : Math.min(physical, boundary - base);
      NormSite site =
          new NormSite(
              node.name(),
              op.norm().epsilon(),
              op.relu(),
              mean.range(first, end - first),
              variance.range(first, end - first),
              gamma.range(first, end - first),
              beta.range(first, end - first),
              op.relu()
                  ? Optional.of(lowering.buffers.librarySized(node.name() + " signs"))
                  : Optional.empty());
      parts.add(new Part(first, end - first, site));
      lowering.instructions.add(
          new Instruction.NormForward(
              site,
              known ? Statistics.KNOWN : Statistics.COMPUTED,
              part(src, first, end - first),
              part(dst, first, end - first)));
      first = end;
    }
    moments.known().set(base, base + physical);
    written.put(
        node.id(),
        new Written(
            parts,
            scaleOrShift("d " + node.name() + " gamma", channels(src)),
            scaleOrShift("d " + node.name() + " beta", channels(src))));
    lowering.statistics.add(new Program.StatisticsStore(op.norm(), mean, variance, channels(src)));
  }

  /** Instructions for the gradients of parameters and input; {@code dSrc} may be {@code dDst}. */
  List<Instruction> backward(Node node, Op.BatchNorm op, Tensor dDst, Tensor dSrc) {
    Written norm = written.get(node.id());
    Tensor src = lowering.value(node.input());
    ChannelMap channels = channels(src);
    op.norm()
        .gamma()
        .ifPresent(
            slice -> lowering.stores.add(new Program.VectorStore(norm.dGamma(), channels, slice)));
    op.norm()
        .beta()
        .ifPresent(
            slice -> lowering.stores.add(new Program.VectorStore(norm.dBeta(), channels, slice)));
    List<Instruction> result = new ArrayList<>();
    for (Part part : norm.parts()) {
      result.add(
          new Instruction.NormBackward(
              part.site(),
              part(src, part.first(), part.count()),
              part(dDst, part.first(), part.count()),
              part(dSrc, part.first(), part.count()),
              norm.dGamma().range(part.first(), part.count()),
              norm.dBeta().range(part.first(), part.count())));
    }
    return result;
  }

  private Moments moments(int input, Tensor src) {
    if (src instanceof Image && shareStatistics) {
      Node root = lowering.graph.node(lowering.placement.root(input));
      return momentsOfRoot.computeIfAbsent(
          root.id(), id -> newMoments(root, channels(lowering.value(id))));
    }
    return newMoments(lowering.graph.node(input), channels(src));
  }

  private Moments newMoments(Node node, ChannelMap channels) {
    return new Moments(
        scaleOrShift(node.name() + " mean", channels),
        scaleOrShift(node.name() + " variance", channels),
        new BitSet());
  }

  private Vector scaleOrShift(String name, ChannelMap channels) {
    return lowering.buffers.vector(name, channels.physical());
  }

  private void load(
      io.densespark.engine.graph.Slice slice,
      ChannelMap channels,
      Vector vector,
      Conversion conversion) {
    lowering.loads.add(new Program.VectorLoad(slice, channels, vector, conversion));
  }

  private static ChannelMap channels(Tensor tensor) {
    return tensor instanceof Image image
        ? image.channels()
        : ChannelMap.of(((Tensor.Rows) tensor).features(), 1);
  }

  private static Tensor part(Tensor tensor, int first, int count) {
    return tensor instanceof Image image && count < image.channels().physical()
        ? image.channelRange(first, count)
        : tensor;
  }
}
