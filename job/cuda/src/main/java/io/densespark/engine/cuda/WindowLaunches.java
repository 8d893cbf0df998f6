package io.densespark.engine.cuda;

import static io.densespark.engine.cuda.Addresses.ABSENT;
import static io.densespark.engine.cuda.Launch.ceiling;
import static io.densespark.engine.cuda.Launch.each;

import io.densespark.engine.EngineUnavailableException;
import io.densespark.engine.graph.NormParameters;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Slice;
import io.densespark.engine.graph.Window;
import io.densespark.engine.plan.Instruction;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardData;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardWeights;
import io.densespark.engine.plan.Instruction.ConvolutionForward;
import io.densespark.engine.plan.Instruction.PoolBackward;
import io.densespark.engine.plan.Instruction.PoolForward;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Launches for what slides a window. */
final class WindowLaunches {
  /** Sides of the tile of a product that a block makes, as the kernels have them. */
  static final int TILE_M = 32;

  static final int TILE_N = 128;

  /** Pixels of a channel that the kernels count. */
  private static final long MOST_PIXELS = 1 << 30;

  private static final int NO_FUNCTION = -1;

  private final Addresses at;
  private final ChannelLaunches channels;

  WindowLaunches(Addresses at, ChannelLaunches channels) {
    this.at = at;
    this.channels = channels;
  }

  List<Launch> convolve(ConvolutionForward c) {
    Op.Convolution op = c.site().op();
    List<Launch> launches = new ArrayList<>();
    c.fold().ifPresent(fold -> launches.add(fold(op, fold, c)));
    launches.add(
        product(
            "convolve",
            op.outChannels(),
            pixels(c.dst()),
            1,
            window(op.window(), c.src(), c.dst()),
            at.pixels(c.dst()),
            at.pixels(c.src()),
            at.parameters(op.weights()),
            c.fold().map(fold -> at.of(fold.factor())).orElse(ABSENT),
            at.of(c.bias()),
            op.activation().map(Translator::function).orElse(NO_FUNCTION),
            op.activation().map(a -> a.alpha()).orElse(0f)));
    return launches;
  }

  private Launch fold(Op.Convolution op, Instruction.Fold fold, ConvolutionForward c) {
    NormParameters norm = op.foldedNorm().orElseThrow();
    return each(
        "foldNorm",
        op.outChannels(),
        List.of(
            norm.mean().offset(),
            norm.spread().offset(),
            offset(norm.gamma()),
            offset(norm.beta()),
            offset(op.bias()),
            norm.epsilon(),
            norm.lockedGamma(),
            norm.lockedBeta(),
            norm.spreadIsLogStd() ? 1 : 0,
            op.outChannels()),
        at.of(fold.factor()),
        at.of(c.bias()),
        at.arrays().parameters());
  }

  private static long offset(Optional<Slice> slice) {
    return slice.map(Slice::offset).orElse(-1L);
  }

  List<Launch> convolveBack(ConvolutionBackwardData c) {
    Op.Convolution op = c.site().op();
    return List.of(
        product(
            "convolveBack",
            op.inChannels(),
            pixels(c.dSrc()),
            1,
            window(op.window(), c.dSrc(), c.dDst()),
            at.pixels(c.dSrc()),
            at.pixels(c.dDst()),
            at.parameters(op.weights())));
  }

  List<Launch> convolveWeights(ConvolutionBackwardWeights c) {
    Op.Convolution op = c.site().op();
    long weights = op.weights().length();
    int slices = Channels.of(c.dDst()).slices();
    long target = at.gradient(op.weights());
    long partial = slices == 1 ? target : at.buffer(c.site().weights());
    List<Launch> launches = new ArrayList<>();
    launches.add(
        product(
            "convolveWeights",
            op.outChannels(),
            weights / op.outChannels(),
            slices,
            window(op.window(), c.src(), c.dDst()),
            partial,
            at.pixels(c.src()),
            at.pixels(c.dDst()),
            Channels.of(c.dDst()).slice()));
    if (slices > 1) {
      launches.add(each("addSlices", weights, target, partial, weights, slices));
    }
    c.dBias().ifPresent(bias -> launches.addAll(channels.sums(at.of(bias), c.dDst())));
    return launches;
  }

  /** Bytes of the partial sums of a convolution's weights, in the buffer for its weights. */
  static long partialBytes(ConvolutionBackwardWeights c) {
    int slices = Channels.of(c.dDst()).slices();
    return slices == 1 ? 0 : Float.BYTES * slices * c.site().op().weights().length();
  }

  Launch pool(PoolForward p) {
    return each(
        "pool",
        p.dst().channels().logical() * pixels(p.dst()),
        window(p.window(), p.src(), p.dst()),
        at.pixels(p.dst()),
        at.pixels(p.src()),
        p.workspace().map(at::buffer).orElse(ABSENT),
        p.kind().ordinal());
  }

  Launch poolBack(PoolBackward p) {
    return each(
        "poolBack",
        p.dSrc().channels().logical() * pixels(p.dSrc()),
        window(p.window(), p.dSrc(), p.dDst()),
        at.pixels(p.dSrc()),
        at.pixels(p.dDst()),
        p.workspace().map(at::buffer).orElse(ABSENT),
        p.kind().ordinal());
  }

  /** Bytes in which a maximum remembers its origins. */
  static long originBytes(PoolForward p) {
    return Integer.BYTES * p.dst().channels().logical() * pixels(p.dst());
  }

  private static Launch product(String kernel, int m, long n, int slices, Object... arguments) {
    return new Launch(
        kernel,
        new Launch.Grid(Math.toIntExact(ceiling(n, TILE_N)), (int) ceiling(m, TILE_M), slices),
        List.of(arguments));
  }

  static Launch.Grid tiles(long m, long n) {
    return new Launch.Grid(Math.toIntExact(ceiling(n, TILE_N)), (int) ceiling(m, TILE_M), 1);
  }

  private static long pixels(Image image) {
    long pixels = (long) image.images() * image.height() * image.width();
    if (pixels > MOST_PIXELS) {
      throw new EngineUnavailableException(
          Text.format(
              "engine cuda: a channel of %d images has %d pixels, allowed are %d; set a smaller"
                  + " train.batch-size or evaluation.batch-size",
              image.images(), pixels, MOST_PIXELS),
          null);
    }
    return pixels;
  }

  private static List<Object> window(Window w, Image src, Image dst) {
    return List.of(
        src.images(),
        Channels.requireDense(src).channels().logical(),
        src.height(),
        src.width(),
        Channels.requireDense(dst).channels().logical(),
        dst.height(),
        dst.width(),
        w.kernelHeight(),
        w.kernelWidth(),
        w.strideHeight(),
        w.strideWidth(),
        w.dilationHeight(),
        w.dilationWidth(),
        w.padTop(),
        w.padLeft());
  }
}
