package io.densespark.engine.cuda;

import static io.densespark.engine.cuda.Addresses.ABSENT;
import static io.densespark.engine.cuda.Launch.each;

import io.densespark.engine.plan.Instruction;
import io.densespark.engine.plan.Instruction.NormBackward;
import io.densespark.engine.plan.Instruction.NormForward;
import io.densespark.engine.plan.Instruction.NormSite;
import io.densespark.engine.plan.Instruction.Statistics;
import io.densespark.engine.plan.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Launches for what goes channel by channel: norms, and sums over the pixels of channels. Slices of
 * a channel are added up by blocks of their own, and the slices in their order by those who want
 * the sum.
 */
final class ChannelLaunches {
  /** Numbers that a block leaves of its slice, at most. */
  private static final int OF_SLICE = 2;

  private final Addresses at;

  ChannelLaunches(Addresses at) {
    this.at = at;
  }

  /** Bytes of what blocks leave of the slices of a tensor. */
  static long partialBytes(Tensor tensor) {
    Channels channels = Channels.of(tensor);
    return (long) Float.BYTES * OF_SLICE * channels.number() * channels.slices();
  }

  /** The same for an instruction: 0 where it has no such sums. */
  static long partialBytes(Instruction instruction) {
    if (instruction instanceof NormForward norm) {
      return partialBytes(norm.src());
    } else if (instruction instanceof NormBackward norm) {
      return partialBytes(norm.src());
    } else if (instruction instanceof Instruction.ConvolutionBackwardWeights c) {
      return partialBytes(c.dDst());
    } else if (instruction instanceof Instruction.DenseBackwardWeights d) {
      return partialBytes(d.dDst());
    }
    return 0;
  }

  List<Launch> forward(NormForward norm) {
    Channels channels = Channels.of(norm.src());
    List<Launch> launches = new ArrayList<>();
    boolean computed = norm.statistics() == Statistics.COMPUTED;
    if (computed) {
      launches.add(
          slices("spread", channels, at.partial(), at.values(norm.src()), channels.argument()));
    }
    launches.add(
        slices(
            "normalise",
            channels,
            norm(norm.site()),
            at.values(norm.dst()),
            at.values(norm.src()),
            channels.argument(),
            computed ? at.partial() : ABSENT));
    return launches;
  }

  /**
   * @param adds whether the gradient is added to what lies in {@code dSrc}
   */
  List<Launch> backward(NormBackward norm, boolean adds) {
    Channels channels = Channels.of(norm.src());
    return List.of(
        slices(
            "scaleShiftBack",
            channels,
            norm(norm.site()),
            at.partial(),
            at.values(norm.src()),
            at.values(norm.dDst()),
            channels.argument()),
        slices(
            "normaliseBack",
            channels,
            norm(norm.site()),
            at.values(norm.dSrc()),
            at.values(norm.src()),
            at.values(norm.dDst()),
            at.of(norm.dGamma()),
            at.of(norm.dBeta()),
            channels.argument(),
            at.partial(),
            adds ? 1 : 0));
  }

  /** The sum of every channel, to the address given. */
  List<Launch> sums(long sums, Tensor values) {
    Channels channels = Channels.of(values);
    boolean whole = channels.slices() == 1;
    Launch partial =
        slices(
            "sumChannels",
            channels,
            whole ? sums : at.partial(),
            at.values(values),
            channels.argument());
    return whole
        ? List.of(partial)
        : List.of(
            partial,
            each(
                "addSlices",
                channels.number(),
                sums,
                at.partial(),
                (long) channels.number(),
                channels.slices()));
  }

  /** With a block for each slice of each channel. */
  private static Launch slices(String kernel, Channels channels, Object... arguments) {
    return new Launch(
        kernel, new Launch.Grid(channels.number(), channels.slices(), 1), List.of(arguments));
  }

  private List<Object> norm(NormSite site) {
    return List.of(
        at.of(site.mean()),
        at.of(site.variance()),
        at.of(site.gamma()),
        at.of(site.beta()),
        (float) site.epsilon(),
        site.relu() ? 1 : 0);
  }
}
