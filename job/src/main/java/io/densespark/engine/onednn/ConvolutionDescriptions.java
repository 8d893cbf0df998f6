package io.densespark.engine.onednn;

import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Window;
import io.densespark.engine.plan.ConvolutionChoice.Algorithm;
import io.densespark.engine.plan.Tensor.Image;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.format_tag;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;

/** Asks oneDNN for the kernels of a convolution; it chooses the layout of the weights. */
final class ConvolutionDescriptions {
  private final CallFactory calls;
  private final Layouts layouts;

  ConvolutionDescriptions(CallFactory calls) {
    this.calls = calls;
    this.layouts = calls.layouts();
  }

  convolution_forward.primitive_desc forward(
      Op.Convolution op, Algorithm choice, Image src, Image dst, boolean bias, boolean training) {
    Geometry g = new Geometry(op.window());
    prop_kind kind = training ? prop_kind.forward_training : prop_kind.forward_inference;
    algorithm algorithm = algorithm(choice);
    memory.desc any = anyWeights(op, src, dst);
    convolution_forward.desc desc =
        calls.own(
            bias
                ? new convolution_forward.desc(
                    kind,
                    algorithm,
                    layouts.image(src),
                    any,
                    biasOf(dst),
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

  convolution_backward_data.primitive_desc backwardData(
      Op.Convolution op, Algorithm choice, Image dSrc, Image dDst) {
    Geometry g = new Geometry(op.window());
    convolution_backward_data.desc desc =
        calls.own(
            new convolution_backward_data.desc(
                algorithm(choice),
                layouts.image(dSrc),
                anyWeights(op, dSrc, dDst),
                layouts.image(dDst),
                g.stride,
                g.dilation,
                g.padBefore,
                g.padBehind));
    return calls.own(
        new convolution_backward_data.primitive_desc(
            desc, calls.attributes(), calls.cpu(), forward(op, choice, dSrc, dDst, false, true)));
  }

  convolution_backward_weights.primitive_desc backwardWeights(
      Op.Convolution op, Algorithm choice, Image src, Image dDst, boolean bias) {
    Geometry g = new Geometry(op.window());
    algorithm algorithm = algorithm(choice);
    memory.desc any = anyWeights(op, src, dDst, memory.data_type.f32);
    convolution_backward_weights.desc desc =
        calls.own(
            bias
                ? new convolution_backward_weights.desc(
                    algorithm,
                    layouts.image(src),
                    any,
                    biasOf(dDst),
                    layouts.image(dDst),
                    g.stride,
                    g.dilation,
                    g.padBefore,
                    g.padBehind)
                : new convolution_backward_weights.desc(
                    algorithm,
                    layouts.image(src),
                    any,
                    layouts.image(dDst),
                    g.stride,
                    g.dilation,
                    g.padBefore,
                    g.padBehind));
    return calls.own(
        new convolution_backward_weights.primitive_desc(
            desc, calls.attributes(), calls.cpu(), forward(op, choice, src, dDst, bias, true)));
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

  /** Weights as a kernel reads them, of the images' type. */
  private memory.desc anyWeights(Op.Convolution op, Image src, Image dst) {
    return anyWeights(op, src, dst, Layouts.type(src));
  }

  private memory.desc anyWeights(Op.Convolution op, Image src, Image dst, memory.data_type type) {
    return layouts.of(
        type,
        format_tag.any,
        dst.channels().physical(),
        src.channels().physical(),
        1,
        op.window().kernelHeight(),
        op.window().kernelWidth());
  }

  private memory.desc biasOf(Image dst) {
    return layouts.vector(dst.channels().physical());
  }

  private static algorithm algorithm(Algorithm choice) {
    return switch (choice) {
      case DIRECT -> algorithm.convolution_direct;
      case WINOGRAD -> algorithm.convolution_winograd;
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
