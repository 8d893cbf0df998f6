package io.densespark.engine.onednn;

import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Window;
import io.densespark.engine.plan.ConvolutionChoice;
import io.densespark.engine.plan.ConvolutionChoice.Algorithm;
import io.densespark.engine.plan.ConvolutionChoice.Layout;
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

/**
 * Asks oneDNN for the kernels of a convolution; it chooses the layout of the weights. Images are
 * volumes, in whose depth they lie one behind the other, except with their channels last: then they
 * are the outermost of four dimensions, as the library's kernels for tiles (AMX) want them.
 */
final class ConvolutionDescriptions {
  /**
   * To a kernel of one pixel, neighbouring images are one row. Gradients of weights were fastest
   * with rows of 500 to 1,200 pixels, at least four of them.
   */
  private static final int LONGEST_ROW = 1152;

  private static final int FEWEST_ROWS = 4;

  private final CallFactory calls;
  private final Layouts layouts;

  ConvolutionDescriptions(CallFactory calls) {
    this.calls = calls;
    this.layouts = calls.layouts();
  }

  convolution_forward.primitive_desc forward(
      Op.Convolution op,
      ConvolutionChoice choice,
      Image src,
      Image dst,
      boolean bias,
      boolean training) {
    Geometry g = new Geometry(op.window(), choice);
    prop_kind kind = training ? prop_kind.forward_training : prop_kind.forward_inference;
    memory.desc from = image(op, choice, src);
    memory.desc any = anyWeights(op, choice, src, dst, Layouts.type(src));
    memory.desc to = image(op, choice, dst);
    algorithm algorithm = algorithm(choice);
    convolution_forward.desc desc =
        calls.own(
            bias
                ? new convolution_forward.desc(
                    kind,
                    algorithm,
                    from,
                    any,
                    biasOf(dst),
                    to,
                    g.stride,
                    g.dilation,
                    g.padBefore,
                    g.padBehind)
                : new convolution_forward.desc(
                    kind,
                    algorithm,
                    from,
                    any,
                    to,
                    g.stride,
                    g.dilation,
                    g.padBefore,
                    g.padBehind));
    return calls.own(
        new convolution_forward.primitive_desc(desc, forwardAttributes(op), calls.cpu()));
  }

  convolution_backward_data.primitive_desc backwardData(
      Op.Convolution op, ConvolutionChoice choice, Image dSrc, Image dDst) {
    Geometry g = new Geometry(op.window(), choice);
    convolution_backward_data.desc desc =
        calls.own(
            new convolution_backward_data.desc(
                algorithm(choice),
                image(op, choice, dSrc),
                anyWeights(op, choice, dSrc, dDst, Layouts.type(dSrc)),
                image(op, choice, dDst),
                g.stride,
                g.dilation,
                g.padBefore,
                g.padBehind));
    return calls.own(
        new convolution_backward_data.primitive_desc(
            desc, calls.attributes(), calls.cpu(), forward(op, choice, dSrc, dDst, false, true)));
  }

  convolution_backward_weights.primitive_desc backwardWeights(
      Op.Convolution op, ConvolutionChoice choice, Image src, Image dDst, boolean bias) {
    Geometry g = new Geometry(op.window(), choice);
    memory.desc from = image(op, choice, src);
    memory.desc any = anyWeights(op, choice, src, dDst, memory.data_type.f32);
    memory.desc to = image(op, choice, dDst);
    algorithm algorithm = algorithm(choice);
    convolution_backward_weights.desc desc =
        calls.own(
            bias
                ? new convolution_backward_weights.desc(
                    algorithm,
                    from,
                    any,
                    biasOf(dDst),
                    to,
                    g.stride,
                    g.dilation,
                    g.padBefore,
                    g.padBehind)
                : new convolution_backward_weights.desc(
                    algorithm, from, any, to, g.stride, g.dilation, g.padBefore, g.padBehind));
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

  /** An image as the kernels of a choice see it. */
  memory.desc image(Op.Convolution op, ConvolutionChoice choice, Image image) {
    if (!isChannelsLast(choice)) {
      return layouts.image(image);
    }
    int channels = image.channels().physical();
    int pixels = image.height() * image.width();
    return op.window().isPointwise()
        ? layouts.of(
            Layouts.type(image),
            format_tag.nhwc,
            rows(image.images(), pixels),
            channels,
            1,
            (long) image.images() * pixels / rows(image.images(), pixels))
        : layouts.of(
            Layouts.type(image),
            format_tag.nhwc,
            image.images(),
            channels,
            image.height(),
            image.width());
  }

  /** The fewest rows, all of as many images, that keep to the limits above. */
  static int rows(int images, int pixels) {
    for (int together = Math.max(1, LONGEST_ROW / pixels); together > 1; together--) {
      if (images % together == 0 && images / together >= FEWEST_ROWS) {
        return images / together;
      }
    }
    return images;
  }

  /** A kernel's weights as [out, in, 1, height, width], whatever the choice made of them. */
  memory.desc asVolume(
      Op.Convolution op, ConvolutionChoice choice, Image src, Image dst, memory.desc weights) {
    if (!isChannelsLast(choice)) {
      return weights;
    }
    long[] dims = {
      dst.channels().physical(),
      src.channels().physical(),
      1,
      op.window().kernelHeight(),
      op.window().kernelWidth()
    };
    return layouts.own(weights.reshape(dims));
  }

  private memory.desc anyWeights(
      Op.Convolution op, ConvolutionChoice choice, Image src, Image dst, memory.data_type type) {
    long out = dst.channels().physical();
    long in = src.channels().physical();
    long height = op.window().kernelHeight();
    long width = op.window().kernelWidth();
    return isChannelsLast(choice)
        ? layouts.of(type, format_tag.any, out, in, height, width)
        : layouts.of(type, format_tag.any, out, in, 1, height, width);
  }

  private memory.desc biasOf(Image dst) {
    return layouts.vector(dst.channels().physical());
  }

  private static boolean isChannelsLast(ConvolutionChoice choice) {
    return choice.layout() == Layout.CHANNELS_LAST || choice.layout() == Layout.ROWS;
  }

  private static algorithm algorithm(ConvolutionChoice choice) {
    return choice.algorithm() == Algorithm.WINOGRAD
        ? algorithm.convolution_winograd
        : algorithm.convolution_direct;
  }

  /** A window in oneDNN's terms: dilation counted from 0, in a volume depth first. */
  private static final class Geometry {
    final long[] stride;
    final long[] dilation;
    final long[] padBefore;
    final long[] padBehind;

    Geometry(Window w, ConvolutionChoice choice) {
      boolean volume = !isChannelsLast(choice);
      stride = sizes(volume, 1, w.strideHeight(), w.strideWidth());
      dilation = sizes(volume, 0, w.dilationHeight() - 1, w.dilationWidth() - 1);
      padBefore = sizes(volume, 0, w.padTop(), w.padLeft());
      padBehind = sizes(volume, 0, w.padBottom(), w.padRight());
    }

    private static long[] sizes(boolean volume, long depth, long height, long width) {
      return volume ? new long[] {depth, height, width} : new long[] {height, width};
    }
  }
}
