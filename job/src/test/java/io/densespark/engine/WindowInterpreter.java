package io.densespark.engine;

import static io.densespark.engine.InterpreterMemory.channels;
import static io.densespark.engine.InterpreterMemory.physical;

import io.densespark.engine.graph.NormParameters;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Slice;
import io.densespark.engine.graph.Window;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardData;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardWeights;
import io.densespark.engine.plan.Instruction.ConvolutionForward;
import io.densespark.engine.plan.Instruction.PoolBackward;
import io.densespark.engine.plan.Instruction.PoolForward;
import io.densespark.engine.plan.Tensor.Image;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * What instructions with a sliding window mean. Convolutions go over logical channels, as gaps take
 * no part; pooling treats every channel alike.
 */
final class WindowInterpreter {

  private final InterpreterMemory memory;
  private final double[] parameters;
  private final double[] gradient;
  private final Map<Integer, int[][]> origins = new HashMap<>();

  WindowInterpreter(InterpreterMemory memory, double[] parameters, double[] gradient) {
    this.memory = memory;
    this.parameters = parameters;
    this.gradient = gradient;
  }

  /** What is done for one weight and the two values that it ties together. */
  private interface Tie {
    void at(int weight, int srcChannel, int srcPixel, int dstChannel, int dstPixel);
  }

  private static void eachTie(Op.Convolution op, Image src, Image dst, Tie tie) {
    int[] in = physical(src.channels());
    int[] out = physical(dst.channels());
    eachPosition(
        op.window(),
        src,
        dst,
        (ky, kx, from, to) -> {
          for (int o = 0; o < out.length; o++) {
            for (int i = 0; i < in.length; i++) {
              int kernel = (o * in.length + i) * op.window().kernelHeight() + ky;
              tie.at(kernel * op.window().kernelWidth() + kx, in[i], from, out[o], to);
            }
          }
        });
  }

  void convolve(ConvolutionForward c) {
    Op.Convolution op = c.site().op();
    int[] out = physical(c.dst().channels());
    for (int channel : out) {
      Arrays.fill(memory.plane(c.dst(), channel), 0);
    }
    eachTie(
        op,
        c.src(),
        c.dst(),
        (weight, i, from, o, to) ->
            memory.plane(c.dst(), o)[to] +=
                parameter(op.weights(), weight) * memory.plane(c.src(), i)[from]);
    DoubleUnaryOperator f = op.activation().map(ActivationMeaning::function).orElse(x -> x);
    for (int o = 0; o < out.length; o++) {
      double factor = 1;
      double shift = 0;
      if (op.foldedNorm().isPresent()) {
        NormParameters norm = op.foldedNorm().get();
        double spread = parameter(norm.spread(), o);
        double variance = norm.spreadIsLogStd() ? Math.pow(10, 2 * spread) : spread;
        int channel = o;
        factor =
            norm.gamma().map(g -> parameter(g, channel)).orElse((double) norm.lockedGamma())
                / Math.sqrt(variance + norm.epsilon());
        double bias = op.bias().map(b -> parameter(b, channel)).orElse(0.0);
        shift =
            norm.beta().map(b -> parameter(b, channel)).orElse((double) norm.lockedBeta())
                + (bias - parameter(norm.mean(), o)) * factor;
      } else if (c.bias().isPresent()) {
        shift = memory.get(c.bias().get(), out[o]);
      }
      double[] values = memory.plane(c.dst(), out[o]);
      for (int p = 0; p < values.length; p++) {
        values[p] = f.applyAsDouble(values[p] * factor + shift);
      }
    }
  }

  void convolveBack(ConvolutionBackwardData c) {
    for (int channel : physical(c.dSrc().channels())) {
      Arrays.fill(memory.plane(c.dSrc(), channel), 0);
    }
    Slice weights = c.site().op().weights();
    eachTie(
        c.site().op(),
        c.dSrc(),
        c.dDst(),
        (weight, i, from, o, to) ->
            memory.plane(c.dSrc(), i)[from] +=
                parameter(weights, weight) * memory.plane(c.dDst(), o)[to]);
  }

  void convolveWeights(ConvolutionBackwardWeights c) {
    Slice weights = c.site().op().weights();
    Arrays.fill(gradient, (int) weights.offset(), (int) weights.end(), 0);
    eachTie(
        c.site().op(),
        c.src(),
        c.dDst(),
        (weight, i, from, o, to) ->
            gradient[at(weights, weight)] +=
                memory.plane(c.src(), i)[from] * memory.plane(c.dDst(), o)[to]);
    c.dBias()
        .ifPresent(
            bias ->
                memory.put(
                    bias,
                    c.dDst().channels(),
                    o ->
                        Arrays.stream(memory.plane(c.dDst(), physical(c.dDst().channels())[o]))
                            .sum()));
  }

  void pool(PoolForward p) {
    int size = p.window().kernelHeight() * p.window().kernelWidth();
    int[][] firsts = new int[channels(p.src())][];
    for (int c = 0; c < firsts.length; c++) {
      double[] src = memory.plane(p.src(), c);
      double[] dst = memory.plane(p.dst(), c);
      int[] seen = new int[dst.length];
      int[] first = new int[dst.length];
      Arrays.fill(first, -1);
      boolean max = p.kind() == Op.Pool.Kind.MAX;
      Arrays.fill(dst, max ? Double.NaN : 0);
      eachPosition(
          p.window(),
          p.src(),
          p.dst(),
          (ky, kx, from, to) -> {
            seen[to]++;
            if (!max) {
              dst[to] += src[from];
            } else if (first[to] < 0 || src[from] > dst[to]) {
              first[to] = from;
              dst[to] = src[from];
            }
          });
      for (int to = 0; to < dst.length && !max; to++) {
        dst[to] /= p.kind() == Op.Pool.Kind.MEAN_PADDED ? size : seen[to];
      }
      firsts[c] = first;
    }
    p.workspace().ifPresent(id -> origins.put(id, firsts));
  }

  void poolBack(PoolBackward p) {
    int size = p.window().kernelHeight() * p.window().kernelWidth();
    for (int c = 0; c < channels(p.dSrc()); c++) {
      double[] dSrc = memory.plane(p.dSrc(), c);
      double[] dDst = memory.plane(p.dDst(), c);
      Arrays.fill(dSrc, 0);
      if (p.workspace().isPresent()) {
        int[] first = origins.get(p.workspace().get())[c];
        for (int to = 0; to < dDst.length; to++) {
          dSrc[first[to]] += dDst[to];
        }
        continue;
      }
      int[] seen = new int[dDst.length];
      eachPosition(p.window(), p.dSrc(), p.dDst(), (ky, kx, from, to) -> seen[to]++);
      eachPosition(
          p.window(),
          p.dSrc(),
          p.dDst(),
          (ky, kx, from, to) ->
              dSrc[from] += dDst[to] / (p.kind() == Op.Pool.Kind.MEAN_PADDED ? size : seen[to]));
    }
  }

  /** A pixel under a window, and the pixel that the window makes. */
  private interface Position {
    void at(int kernelRow, int kernelColumn, int srcPixel, int dstPixel);
  }

  private static void eachPosition(Window w, Image src, Image dst, Position position) {
    for (int n = 0; n < dst.images(); n++) {
      for (int y = 0; y < dst.height(); y++) {
        for (int x = 0; x < dst.width(); x++) {
          for (int ky = 0; ky < w.kernelHeight(); ky++) {
            for (int kx = 0; kx < w.kernelWidth(); kx++) {
              int row = y * w.strideHeight() - w.padTop() + ky * w.dilationHeight();
              int column = x * w.strideWidth() - w.padLeft() + kx * w.dilationWidth();
              if (row >= 0 && row < src.height() && column >= 0 && column < src.width()) {
                position.at(
                    ky,
                    kx,
                    (n * src.height() + row) * src.width() + column,
                    (n * dst.height() + y) * dst.width() + x);
              }
            }
          }
        }
      }
    }
  }

  private double parameter(Slice slice, int index) {
    return parameters[at(slice, index)];
  }

  private static int at(Slice slice, int index) {
    return Math.toIntExact(slice.offset() + index);
  }
}
