package io.densespark.engine.cuda;

import static io.densespark.engine.cuda.Addresses.ABSENT;
import static io.densespark.engine.cuda.Launch.each;

import io.densespark.engine.graph.Activation;
import io.densespark.engine.plan.Instruction;
import io.densespark.engine.plan.Tensor;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;
import java.util.ArrayList;
import java.util.List;

/** Turns instructions into launches of kernels. */
final class Translator {
  private final Addresses at;
  private final Tables tables;
  private final ChannelLaunches channels;
  private final WindowLaunches windows;
  private final DenseLaunches dense;
  private final List<Integer> dropoutStreams = new ArrayList<>();

  Translator(Addresses at, Tables tables) {
    this.at = at;
    this.tables = tables;
    this.channels = new ChannelLaunches(at);
    this.windows = new WindowLaunches(at, channels);
    this.dense = new DenseLaunches(at, channels);
  }

  /** Streams of the dropouts translated, in the order of their keys. */
  List<Integer> dropoutStreams() {
    return dropoutStreams;
  }

  List<Launch> translate(Step step) {
    Instruction instruction = step.instruction();
    if (instruction instanceof Instruction.ConvolutionForward i) {
      return windows.convolve(i);
    } else if (instruction instanceof Instruction.ConvolutionBackwardData i) {
      return windows.convolveBack(i);
    } else if (instruction instanceof Instruction.ConvolutionBackwardWeights i) {
      return windows.convolveWeights(i);
    } else if (instruction instanceof Instruction.DenseForward i) {
      return dense.forward(i);
    } else if (instruction instanceof Instruction.DenseBackwardData i) {
      return dense.backwardData(i);
    } else if (instruction instanceof Instruction.DenseBackwardWeights i) {
      return dense.backwardWeights(i);
    } else if (instruction instanceof Instruction.NormForward i) {
      return channels.forward(i);
    } else if (instruction instanceof Instruction.NormBackward i) {
      return channels.backward(i, step.adds());
    }
    return List.of(single(instruction));
  }

  private Launch single(Instruction instruction) {
    if (instruction instanceof Instruction.LoadInput i) {
      return relayout(
          "loadInput", i.dst(), at.values(i.dst()), at.arrays().inputs(), at.of(i.byteDivisor()));
    } else if (instruction instanceof Instruction.ActivateForward i) {
      return runs(
          "activate",
          i.dst(),
          at.values(i.src()),
          function(i.activation()),
          i.activation().alpha());
    } else if (instruction instanceof Instruction.ActivateBackward i) {
      return runs(
          "activateBack",
          i.dSrc(),
          at.values(i.src()),
          at.values(i.dDst()),
          function(i.activation()),
          i.activation().alpha());
    } else if (instruction instanceof Instruction.PoolForward i) {
      return windows.pool(i);
    } else if (instruction instanceof Instruction.PoolBackward i) {
      return windows.poolBack(i);
    } else if (instruction instanceof Instruction.Sum i) {
      return runs("add", i.dst(), at.values(i.left()), at.values(i.right()));
    } else if (instruction instanceof Instruction.Product i) {
      return runs("product", i.dst(), at.values(i.left()), at.values(i.right()));
    } else if (instruction instanceof Instruction.Copy i) {
      return runs("copy", i.dst(), at.values(i.src()));
    } else if (instruction instanceof Instruction.Zero i) {
      return runs("fill", i.tensor(), 0f);
    } else if (instruction instanceof Instruction.DropoutMask i) {
      return dropoutMask(i);
    }
    return rows(instruction);
  }

  private Launch rows(Instruction instruction) {
    if (instruction instanceof Instruction.Flatten i) {
      return relayout("flatten", i.src(), at.of(i.dst()), at.pixels(i.src()));
    } else if (instruction instanceof Instruction.Unflatten i) {
      return relayout("unflatten", i.dst(), at.pixels(i.dst()), at.of(i.src()));
    } else if (instruction instanceof Instruction.CopyFeatures i) {
      int rows = i.src().rows();
      return each(
          "copyFeatures",
          (long) rows * i.count(),
          at.of(i.dst()),
          at.of(i.src()),
          rows,
          i.count(),
          i.dstFirst(),
          i.dst().features(),
          i.srcFirst(),
          i.src().features());
    } else if (instruction instanceof Instruction.Softmax i) {
      Rows logits = i.logits();
      return each(
          "softmax",
          logits.rows(),
          at.of(i.probabilities()),
          at.of(logits),
          logits.rows(),
          logits.features());
    } else if (instruction instanceof Instruction.CrossEntropy i) {
      Rows probabilities = i.probabilities();
      return each(
          "crossEntropy",
          probabilities.rows(),
          at.of(i.dLogits()),
          at.arrays().losses(),
          at.of(probabilities),
          at.arrays().inputs(),
          i.op().classWeights().isEmpty() ? ABSENT : tables.floats(i.op().classWeights()),
          i.op().clip(),
          probabilities.rows(),
          probabilities.features());
    }
    throw new IllegalStateException("no kernel for " + instruction);
  }

  /** The hash of the mask is that of the CPU's engine, the order of the positions is not. */
  private Launch dropoutMask(Instruction.DropoutMask mask) {
    dropoutStreams.add(mask.stream());
    // Hashes are uniform over the signed integers; those below the threshold keep.
    int threshold = (int) Math.round(mask.keep() * 0x1p32 - 0x1p31);
    long count = Channels.of(mask.mask()).values();
    return each(
        "dropoutMask",
        count,
        at.values(mask.mask()),
        at.arrays().inputs(),
        dropoutStreams.size() - 1,
        threshold,
        (float) (1 / mask.keep()),
        count);
  }

  /** A kernel that takes where it writes, what is given, and how many values there are. */
  private Launch runs(String kernel, Tensor dst, Object... given) {
    long count = Channels.of(dst).values();
    List<Object> arguments = new ArrayList<>(List.<Object>of(at.values(dst)));
    arguments.addAll(List.of(given));
    arguments.add(count);
    return Launch.runs(kernel, count, arguments.toArray());
  }

  /** A kernel between an image and rows: its operands, then channels, images and pixels. */
  private static Launch relayout(String kernel, Image image, Object... operands) {
    int channels = Channels.requireDense(image).channels().logical();
    long pixels = (long) image.height() * image.width();
    List<Object> arguments = new ArrayList<>(List.of(operands));
    arguments.addAll(List.of(channels, (long) image.images(), pixels));
    return each(kernel, channels * image.images() * pixels, arguments.toArray());
  }

  /** The kernels' number of a function: its place in the enumeration. */
  static int function(Activation activation) {
    return activation.function().ordinal();
  }
}
