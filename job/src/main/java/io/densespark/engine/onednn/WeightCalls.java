package io.densespark.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;

import io.densespark.engine.graph.NormParameters;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Slice;
import io.densespark.engine.onednn.Call.Argument;
import io.densespark.engine.plan.ChannelMap.Segment;
import io.densespark.engine.plan.Instruction.ConvolutionSite;
import io.densespark.engine.plan.Instruction.Fold;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.format_tag;

/**
 * Ways of convolution weights between the flat vectors, [out, in, height, width], and the library's
 * layouts. Where channel maps have gaps the weights pass through a staging copy that has them too.
 */
final class WeightCalls {
  private final CallFactory calls;
  private final Layouts layouts;

  WeightCalls(CallFactory calls) {
    this.calls = calls;
    this.layouts = calls.layouts();
  }

  /** Weights at {@code source}, plain, to the site's weights in {@code layout}. */
  List<Call> load(ConvolutionSite site, Image src, Image dst, Place source, memory.desc layout) {
    Shape s = new Shape(site.op(), src, dst);
    String name = site.name() + " load weights";
    Place target = Place.buffer(site.weights());
    if (site.staging().isEmpty()) {
      return List.of(calls.reorder(name, s.withoutGaps(), source, layout, target));
    }
    List<Call> result = new ArrayList<>();
    Place staging = Place.buffer(site.staging().get());
    for (Segment segment : src.channels().segments()) {
      result.add(
          calls.reorder(
              name,
              s.part(segment, s.in),
              plus(source, s.kernel() * segment.logical()),
              s.part(segment, s.inWithGaps),
              plus(staging, s.kernel() * segment.physical())));
    }
    result.add(calls.reorder(name, s.withGaps(), staging, layout, target));
    return result;
  }

  /** The gradient in the site's weights, in {@code layout}, to the flat gradient. */
  List<Call> store(ConvolutionSite site, Image src, Image dst, memory.desc layout) {
    Shape s = new Shape(site.op(), src, dst);
    String name = site.name() + " store weights";
    Place source = Place.buffer(site.weights());
    Place target = Place.gradient(site.op().weights().offset());
    if (site.staging().isEmpty()) {
      return List.of(calls.reorder(name, layout, source, s.withoutGaps(), target));
    }
    List<Call> result = new ArrayList<>();
    Place staging = Place.buffer(site.staging().get());
    result.add(calls.reorder(name, layout, source, s.withGaps(), staging));
    for (Segment segment : src.channels().segments()) {
      result.add(
          calls.reorder(
              name,
              s.part(segment, s.inWithGaps),
              plus(staging, s.kernel() * segment.physical()),
              s.part(segment, s.in),
              plus(target, s.kernel() * segment.logical())));
    }
    return result;
  }

  /** Computes a folded norm's factor and shift, and the weights times the factor. */
  List<Call> fold(Op.Convolution op, Fold fold, Vector shift) {
    // As one image whose channels are the outputs: the library has fast kernels for that.
    long perOutput = op.weights().length() / op.outChannels();
    memory.desc plain = layouts.of(format_tag.abc, 1, op.outChannels(), perOutput);
    memory.desc factor = layouts.of(format_tag.abc, 1, op.outChannels(), 1);
    binary.desc desc = calls.own(new binary.desc(algorithm.binary_mul, plain, factor, plain));
    binary.primitive_desc description =
        calls.own(new binary.primitive_desc(desc, calls.attributes(), calls.cpu()));
    return List.of(
        new Call.Java(
            addresses ->
                new FoldStep(
                    op, addresses.of(fold.factor().buffer()), addresses.of(shift.buffer()))),
        calls.call(
            "fold norm",
            new binary(description),
            description,
            new Argument(DNNL_ARG_SRC_0, plain, Place.parameters(op.weights().offset())),
            new Argument(DNNL_ARG_SRC_1, factor, Place.of(fold.factor())),
            new Argument(DNNL_ARG_DST, plain, Place.buffer(fold.weights()))));
  }

  private static Place plus(Place place, long floats) {
    if (place instanceof Place.InBuffer in) {
      return new Place.InBuffer(in.buffer(), in.offsetBytes() + Float.BYTES * floats);
    }
    if (place instanceof Place.InArray in) {
      return new Place.InArray(in.array(), in.offsetFloats() + floats);
    }
    throw new IllegalStateException("no place " + place);
  }

  /** Sizes of weights with and without gaps. */
  private final class Shape {
    final long out;
    final long in;
    final long outWithGaps;
    final long inWithGaps;
    final long height;
    final long width;

    Shape(Op.Convolution op, Image src, Image dst) {
      out = op.outChannels();
      in = op.inChannels();
      outWithGaps = dst.channels().physical();
      inWithGaps = src.channels().physical();
      height = op.window().kernelHeight();
      width = op.window().kernelWidth();
    }

    long kernel() {
      return height * width;
    }

    memory.desc withoutGaps() {
      return layouts.plainWeights(out, in, height, width);
    }

    memory.desc withGaps() {
      return layouts.plainWeights(outWithGaps, inWithGaps, height, width);
    }

    memory.desc part(Segment segment, long allIn) {
      return layouts.plainWeights(out, segment.length(), allIn, height, width);
    }
  }

  /** Factor and shift of a norm with running statistics, from the flat parameters. */
  private static final class FoldStep implements Step {
    private final Op.Convolution op;
    private final NormParameters norm;
    private final RawPointer factorOut;
    private final RawPointer shiftOut;
    private final RawPointer parameters = new RawPointer();
    private final float[] gamma;
    private final float[] beta;
    private final float[] mean;
    private final float[] spread;
    private final float[] bias;

    FoldStep(Op.Convolution op, long factorAddress, long shiftAddress) {
      this.op = op;
      this.norm = op.foldedNorm().orElseThrow();
      this.factorOut = new RawPointer(factorAddress);
      this.shiftOut = new RawPointer(shiftAddress);
      this.gamma = new float[norm.channels()];
      this.beta = new float[norm.channels()];
      this.mean = new float[norm.channels()];
      this.spread = new float[norm.channels()];
      this.bias = new float[norm.channels()];
    }

    @Override
    public void run(StepInputs inputs) {
      if (norm.gamma().isPresent()) {
        read(inputs, norm.gamma().get(), gamma);
        read(inputs, norm.beta().orElseThrow(), beta);
      } else {
        java.util.Arrays.fill(gamma, norm.lockedGamma());
        java.util.Arrays.fill(beta, norm.lockedBeta());
      }
      read(inputs, norm.mean(), mean);
      read(inputs, norm.spread(), spread);
      if (op.bias().isPresent()) {
        read(inputs, op.bias().get(), bias);
      }
      for (int c = 0; c < gamma.length; c++) {
        double variance =
            norm.spreadIsLogStd() ? Statistics.varianceOfLogStd(spread[c]) : spread[c];
        double factor = gamma[c] / Math.sqrt(variance + norm.epsilon());
        gamma[c] = (float) factor;
        beta[c] = (float) (beta[c] + (bias[c] - mean[c]) * factor);
      }
      factorOut.put(gamma, 0, gamma.length);
      shiftOut.put(beta, 0, beta.length);
    }

    private void read(StepInputs inputs, Slice slice, float[] into) {
      parameters.at(inputs.parameters + Float.BYTES * slice.offset()).get(into, 0, into.length);
    }
  }
}
