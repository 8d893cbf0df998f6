package io.densespark.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Window;
import io.densespark.engine.onednn.Call.Argument;
import io.densespark.engine.plan.ConvolutionChoice;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardData;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardWeights;
import io.densespark.engine.plan.Instruction.ConvolutionForward;
import io.densespark.engine.plan.Instruction.ConvolutionSite;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.format_tag;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;

/**
 * Convolutions. The library chooses the weights' layout of each computation; weights are brought
 * into it from the flat parameters right before, and their gradient out of it right after.
 */
final class ConvolutionCalls {
  private final CallFactory calls;
  private final Layouts layouts;
  private final WeightCalls weights;

  ConvolutionCalls(CallFactory calls) {
    this.calls = calls;
    this.layouts = calls.layouts();
    this.weights = new WeightCalls(calls);
  }

  List<Call> forward(ConvolutionForward c) {
    ConvolutionSite site = c.site();
    convolution_forward.primitive_desc description =
        forwardDescription(site, c.src(), c.dst(), c.bias().isPresent(), c.training());
    memory.desc layout = layouts.own(description.weights_desc());
    List<Call> result = new ArrayList<>();
    Place source = Place.parameters(site.op().weights().offset());
    if (c.fold().isPresent()) {
      result.addAll(weights.fold(site.op(), c.fold().get(), c.bias().orElseThrow()));
      source = Place.buffer(c.fold().get().weights());
    }
    result.addAll(weights.load(site, c.src(), c.dst(), source, layout));
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(DNNL_ARG_SRC, layouts.image(c.src()), Place.of(c.src())));
    arguments.add(new Argument(DNNL_ARG_WEIGHTS, layout, Place.buffer(site.weights())));
    arguments.add(new Argument(DNNL_ARG_DST, layouts.image(c.dst()), Place.of(c.dst())));
    c.bias().ifPresent(bias -> arguments.add(vector(DNNL_ARG_BIAS, bias)));
    result.add(
        calls.call(
            site.name() + " forward",
            new convolution_forward(description),
            description,
            arguments.toArray(Argument[]::new)));
    return result;
  }

  List<Call> backwardData(ConvolutionBackwardData c) {
    ConvolutionSite site = c.site();
    Geometry g = new Geometry(site.op().window());
    convolution_backward_data.desc desc =
        calls.own(
            new convolution_backward_data.desc(
                algorithm(site.choice()),
                layouts.image(c.dSrc()),
                anyWeights(site.op(), c.dSrc(), c.dDst()),
                layouts.image(c.dDst()),
                g.stride,
                g.dilation,
                g.padBefore,
                g.padBehind));
    convolution_backward_data.primitive_desc description =
        calls.own(
            new convolution_backward_data.primitive_desc(
                desc,
                calls.attributes(),
                calls.cpu(),
                forwardDescription(site, c.dSrc(), c.dDst(), false, true)));
    memory.desc layout = layouts.own(description.weights_desc());
    Place source = Place.parameters(site.op().weights().offset());
    List<Call> result = new ArrayList<>(weights.load(site, c.dSrc(), c.dDst(), source, layout));
    result.add(
        calls.call(
            site.name() + " backward data",
            new convolution_backward_data(description),
            description,
            new Argument(DNNL_ARG_DIFF_DST, layouts.image(c.dDst()), Place.of(c.dDst())),
            new Argument(DNNL_ARG_WEIGHTS, layout, Place.buffer(site.weights())),
            new Argument(DNNL_ARG_DIFF_SRC, layouts.image(c.dSrc()), Place.of(c.dSrc()))));
    return result;
  }

  List<Call> backwardWeights(ConvolutionBackwardWeights c) {
    ConvolutionSite site = c.site();
    Geometry g = new Geometry(site.op().window());
    memory.desc src = layouts.image(c.src());
    memory.desc dDst = layouts.image(c.dDst());
    memory.desc any = anyWeights(site.op(), c.src(), c.dDst());
    algorithm algorithm = algorithm(site.choice());
    boolean bias = c.dBias().isPresent();
    convolution_backward_weights.desc desc =
        calls.own(
            bias
                ? new convolution_backward_weights.desc(
                    algorithm,
                    src,
                    any,
                    layouts.vector(c.dDst().channels().physical()),
                    dDst,
                    g.stride,
                    g.dilation,
                    g.padBefore,
                    g.padBehind)
                : new convolution_backward_weights.desc(
                    algorithm, src, any, dDst, g.stride, g.dilation, g.padBefore, g.padBehind));
    convolution_backward_weights.primitive_desc description =
        calls.own(
            new convolution_backward_weights.primitive_desc(
                desc,
                calls.attributes(),
                calls.cpu(),
                forwardDescription(site, c.src(), c.dDst(), bias, true)));
    memory.desc layout = layouts.own(description.diff_weights_desc());
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(DNNL_ARG_SRC, src, Place.of(c.src())));
    arguments.add(new Argument(DNNL_ARG_DIFF_DST, dDst, Place.of(c.dDst())));
    arguments.add(new Argument(DNNL_ARG_DIFF_WEIGHTS, layout, Place.buffer(site.weights())));
    c.dBias().ifPresent(vector -> arguments.add(vector(DNNL_ARG_DIFF_BIAS, vector)));
    List<Call> result = new ArrayList<>();
    result.add(
        calls.call(
            site.name() + " backward weights",
            new convolution_backward_weights(description),
            description,
            arguments.toArray(Argument[]::new)));
    result.addAll(weights.store(site, c.src(), c.dDst(), layout));
    return result;
  }

  private convolution_forward.primitive_desc forwardDescription(
      ConvolutionSite site, Image src, Image dst, boolean bias, boolean training) {
    Op.Convolution op = site.op();
    Geometry g = new Geometry(op.window());
    prop_kind kind = training ? prop_kind.forward_training : prop_kind.forward_inference;
    algorithm algorithm = algorithm(site.choice());
    memory.desc any = anyWeights(op, src, dst);
    convolution_forward.desc desc =
        calls.own(
            bias
                ? new convolution_forward.desc(
                    kind,
                    algorithm,
                    layouts.image(src),
                    any,
                    layouts.vector(dst.channels().physical()),
                    layouts.image(dst),
                    g.stride,
                    g.dilation,
                    g.padBefore,
                    g.padBehind)
                : new convolution_forward.desc(
                    kind,
                    algorithm,
                    layouts.image(src),
                    any,
                    layouts.image(dst),
                    g.stride,
                    g.dilation,
                    g.padBefore,
                    g.padBehind));
    return calls.own(
        new convolution_forward.primitive_desc(desc, forwardAttributes(op), calls.cpu()));
  }

  private primitive_attr forwardAttributes(Op.Convolution op) {
    if (op.activation().isEmpty()) {
      return calls.attributes();
    }
    Eltwise eltwise = Eltwise.of(op.activation().get());
    post_ops operations = calls.own(new post_ops());
    operations.append_eltwise(1, eltwise.algorithm(), eltwise.alpha(), 0);
    return calls.attributes(operations);
  }

  private memory.desc anyWeights(Op.Convolution op, Image src, Image dst) {
    return layouts.of(
        format_tag.any,
        dst.channels().physical(),
        src.channels().physical(),
        1,
        op.window().kernelHeight(),
        op.window().kernelWidth());
  }

  private Argument vector(int index, Vector vector) {
    return new Argument(index, layouts.vector(vector.count()), Place.of(vector));
  }

  private static algorithm algorithm(ConvolutionChoice choice) {
    return switch (choice.algorithm()) {
      case DIRECT -> algorithm.convolution_direct;
    };
  }

  /** A window in oneDNN's terms: depth first, where the images are, and dilation counted from 0. */
  private static final class Geometry {
    final long[] stride;
    final long[] dilation;
    final long[] padBefore;
    final long[] padBehind;

    Geometry(Window w) {
      stride = new long[] {1, w.strideHeight(), w.strideWidth()};
      dilation = new long[] {0, w.dilationHeight() - 1, w.dilationWidth() - 1};
      padBefore = new long[] {0, w.padTop(), w.padLeft()};
      padBehind = new long[] {0, w.padBottom(), w.padRight()};
    }
  }
}
