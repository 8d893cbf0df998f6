package io.densespark.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WORKSPACE;

import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Window;
import io.densespark.engine.onednn.Call.Argument;
import io.densespark.engine.plan.Instruction.PoolBackward;
import io.densespark.engine.plan.Instruction.PoolForward;
import io.densespark.engine.plan.Tensor.Image;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_v2_backward;
import org.bytedeco.dnnl.pooling_v2_forward;
import org.bytedeco.dnnl.primitive_desc;

/** Pooling. */
final class PoolCalls {
  private final CallFactory calls;
  private final Layouts layouts;

  PoolCalls(CallFactory calls) {
    this.calls = calls;
    this.layouts = calls.layouts();
  }

  List<Call> forward(PoolForward p) {
    pooling_v2_forward.primitive_desc description =
        forward(p.kind(), p.window(), p.src(), p.dst(), p.training());
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(DNNL_ARG_SRC, layouts.blocks(p.src()), Place.of(p.src())));
    arguments.add(new Argument(DNNL_ARG_DST, layouts.blocks(p.dst()), Place.of(p.dst())));
    p.workspace().ifPresent(buffer -> arguments.add(workspace(description, buffer)));
    return List.of(
        calls.call(
            "pool",
            new pooling_v2_forward(description),
            description,
            arguments.toArray(Argument[]::new)));
  }

  List<Call> backward(PoolBackward p) {
    Geometry g = new Geometry(p.window());
    memory.desc dSrc = layouts.blocks(p.dSrc());
    memory.desc dDst = layouts.blocks(p.dDst());
    pooling_v2_forward.primitive_desc forward =
        forward(p.kind(), p.window(), p.dSrc(), p.dDst(), true);
    pooling_v2_backward.desc desc =
        calls.own(
            new pooling_v2_backward.desc(
                algorithm(p.kind(), p.window()),
                dSrc,
                dDst,
                g.stride,
                g.kernel,
                g.dilation,
                g.padBefore,
                g.padBehind));
    pooling_v2_backward.primitive_desc description =
        calls.own(
            new pooling_v2_backward.primitive_desc(desc, calls.attributes(), calls.cpu(), forward));
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(DNNL_ARG_DIFF_DST, dDst, Place.of(p.dDst())));
    arguments.add(new Argument(DNNL_ARG_DIFF_SRC, dSrc, Place.of(p.dSrc())));
    p.workspace().ifPresent(buffer -> arguments.add(workspace(forward, buffer)));
    return List.of(
        calls.call(
            "pool backward",
            new pooling_v2_backward(description),
            description,
            arguments.toArray(Argument[]::new)));
  }

  private Argument workspace(primitive_desc description, int buffer) {
    return new Argument(
        DNNL_ARG_WORKSPACE, layouts.own(description.workspace_desc()), Place.buffer(buffer));
  }

  private pooling_v2_forward.primitive_desc forward(
      Op.Pool.Kind kind, Window window, Image src, Image dst, boolean training) {
    Geometry g = new Geometry(window);
    pooling_v2_forward.desc desc =
        calls.own(
            new pooling_v2_forward.desc(
                propagation(training),
                algorithm(kind, window),
                layouts.blocks(src),
                layouts.blocks(dst),
                g.stride,
                g.kernel,
                g.dilation,
                g.padBefore,
                g.padBehind));
    return calls.own(new pooling_v2_forward.primitive_desc(desc, calls.attributes(), calls.cpu()));
  }

  private static int propagation(boolean training) {
    return (training ? prop_kind.forward_training : prop_kind.forward_inference).value;
  }

  /** Without padding both means are one, and the library is faster with one divisor for all. */
  private static int algorithm(Op.Pool.Kind kind, Window window) {
    return switch (kind) {
      case MAX -> algorithm.pooling_max.value;
      case MEAN_INSIDE ->
          window.pads()
              ? algorithm.pooling_avg_exclude_padding.value
              : algorithm.pooling_avg_include_padding.value;
      case MEAN_PADDED -> algorithm.pooling_avg_include_padding.value;
    };
  }

  /** A window in oneDNN's terms: dilation counted from 0. */
  private static final class Geometry {
    final long[] kernel;
    final long[] stride;
    final long[] dilation;
    final long[] padBefore;
    final long[] padBehind;

    Geometry(Window w) {
      kernel = new long[] {w.kernelHeight(), w.kernelWidth()};
      stride = new long[] {w.strideHeight(), w.strideWidth()};
      dilation = new long[] {w.dilationHeight() - 1, w.dilationWidth() - 1};
      padBefore = new long[] {w.padTop(), w.padLeft()};
      padBehind = new long[] {w.padBottom(), w.padRight()};
    }
  }
}
