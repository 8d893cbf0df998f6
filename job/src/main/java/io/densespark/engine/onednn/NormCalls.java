package io.densespark.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MEAN;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_VARIANCE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WORKSPACE;

import io.densespark.engine.onednn.Call.Argument;
import io.densespark.engine.plan.Instruction.NormBackward;
import io.densespark.engine.plan.Instruction.NormForward;
import io.densespark.engine.plan.Instruction.NormSite;
import io.densespark.engine.plan.Instruction.Statistics;
import io.densespark.engine.plan.Tensor;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl.normalization_flags;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;

/** Batch norms. */
final class NormCalls {
  private final CallFactory calls;
  private final Layouts layouts;

  NormCalls(CallFactory calls) {
    this.calls = calls;
    this.layouts = calls.layouts();
  }

  List<Call> forward(NormForward n) {
    NormSite site = n.site();
    memory.desc layout = layouts.volume(n.src());
    batch_normalization_forward.primitive_desc description =
        forwardDescription(site, n.src(), n.statistics());
    List<Argument> arguments = new ArrayList<>(parameters(site));
    arguments.add(new Argument(DNNL_ARG_SRC, layout, Place.of(n.src())));
    arguments.add(new Argument(DNNL_ARG_DST, layout, Place.of(n.dst())));
    site.workspace().ifPresent(buffer -> arguments.add(workspace(description, buffer)));
    return List.of(
        calls.call(
            site.name() + " forward",
            new batch_normalization_forward(description),
            description,
            arguments.toArray(Argument[]::new)));
  }

  List<Call> backward(NormBackward n) {
    NormSite site = n.site();
    memory.desc layout = layouts.volume(n.src());
    // The gradient goes through mean and variance wherever the forward pass took them from.
    batch_normalization_forward.primitive_desc forward =
        forwardDescription(site, n.src(), Statistics.COMPUTED);
    batch_normalization_backward.desc desc =
        calls.own(
            new batch_normalization_backward.desc(
                prop_kind.backward.value, layout, layout, (float) site.epsilon(), flags(site)));
    batch_normalization_backward.primitive_desc description =
        calls.own(
            new batch_normalization_backward.primitive_desc(
                desc, calls.attributes(), calls.cpu(), forward));
    List<Argument> arguments = new ArrayList<>(parameters(site));
    arguments.add(new Argument(DNNL_ARG_SRC, layout, Place.of(n.src())));
    arguments.add(new Argument(DNNL_ARG_DIFF_DST, layout, Place.of(n.dDst())));
    arguments.add(new Argument(DNNL_ARG_DIFF_SRC, layout, Place.of(n.dSrc())));
    arguments.add(vector(DNNL_ARG_DIFF_SCALE, n.dGamma()));
    arguments.add(vector(DNNL_ARG_DIFF_SHIFT, n.dBeta()));
    site.workspace().ifPresent(buffer -> arguments.add(workspace(forward, buffer)));
    return List.of(
        calls.call(
            site.name() + " backward",
            new batch_normalization_backward(description),
            description,
            arguments.toArray(Argument[]::new)));
  }

  private batch_normalization_forward.primitive_desc forwardDescription(
      NormSite site, Tensor src, Statistics statistics) {
    int flags = flags(site);
    if (statistics != Statistics.COMPUTED) {
      flags |= normalization_flags.use_global_stats.value;
    }
    prop_kind kind =
        statistics == Statistics.RUNNING ? prop_kind.forward_inference : prop_kind.forward_training;
    batch_normalization_forward.desc desc =
        calls.own(
            new batch_normalization_forward.desc(
                kind.value, layouts.volume(src), (float) site.epsilon(), flags));
    return calls.own(
        new batch_normalization_forward.primitive_desc(desc, calls.attributes(), calls.cpu()));
  }

  private static int flags(NormSite site) {
    return normalization_flags.use_scale.value
        | normalization_flags.use_shift.value
        | (site.relu() ? normalization_flags.fuse_norm_relu.value : 0);
  }

  private List<Argument> parameters(NormSite site) {
    return List.of(
        vector(DNNL_ARG_MEAN, site.mean()),
        vector(DNNL_ARG_VARIANCE, site.variance()),
        vector(DNNL_ARG_SCALE, site.gamma()),
        vector(DNNL_ARG_SHIFT, site.beta()));
  }

  private Argument workspace(batch_normalization_forward.primitive_desc description, int buffer) {
    return new Argument(
        DNNL_ARG_WORKSPACE, layouts.own(description.workspace_desc()), Place.buffer(buffer));
  }

  private Argument vector(int index, Vector vector) {
    return new Argument(index, layouts.vector(vector.count()), Place.of(vector));
  }
}
