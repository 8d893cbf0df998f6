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
import io.densespark.engine.onednn.Call.Argument;
import io.densespark.engine.plan.ChannelMap.Segment;
import io.densespark.engine.plan.Instruction.CopyFeatures;
import io.densespark.engine.plan.Instruction.DenseBackwardData;
import io.densespark.engine.plan.Instruction.DenseBackwardWeights;
import io.densespark.engine.plan.Instruction.DenseForward;
import io.densespark.engine.plan.Instruction.Flatten;
import io.densespark.engine.plan.Instruction.LoadInput;
import io.densespark.engine.plan.Instruction.Softmax;
import io.densespark.engine.plan.Instruction.Unflatten;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.inner_product_backward_data;
import org.bytedeco.dnnl.inner_product_backward_weights;
import org.bytedeco.dnnl.inner_product_forward;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.format_tag;
import org.bytedeco.dnnl.softmax_forward;

/**
 * Operations on row-major data: the caller's features, flattened images, dense layers. Dense
 * weights are used where they lie in the flat vectors, which hold them as [out, in].
 */
final class RowCalls {

  private final CallFactory calls;
  private final Layouts layouts;
  private final ElementwiseCalls elementwise;

  RowCalls(CallFactory calls, ElementwiseCalls elementwise) {
    this.calls = calls;
    this.elementwise = elementwise;
    this.layouts = calls.layouts();
  }

  List<Call> loadInput(LoadInput load) {
    Image dst = load.dst();
    int channels = dst.channels().logical();
    Place features = new Place.InArray(Place.Array.FEATURES, 0);
    memory.desc target = layouts.segment(dst, dst.channels().segments().get(0));
    memory.desc floats = layouts.rowMajor(memory.data_type.f32, dst, channels, channels);
    memory.desc bytes = layouts.rowMajor(memory.data_type.u8, dst, channels, channels);
    return List.of(
        new Call.ForFeatures(
            false, calls.reorder("load input", floats, features, target, Place.of(dst))),
        new Call.ForFeatures(
            true, calls.reorder("load bytes", bytes, features, target, Place.of(dst))),
        new Call.ForFeatures(true, elementwise.divide(dst, load.byteDivisor())));
  }

  List<Call> flatten(Flatten f) {
    List<Call> result = new ArrayList<>();
    for (Segment segment : f.src().channels().segments()) {
      result.add(
          calls.reorder(
              "flatten",
              layouts.segment(f.src(), segment),
              inImage(f.src(), segment),
              columns(f.src(), segment),
              inRows(f.dst(), f.src(), segment)));
    }
    return result;
  }

  List<Call> unflatten(Unflatten u) {
    List<Call> result = new ArrayList<>();
    for (Segment segment : u.dst().channels().segments()) {
      result.add(
          calls.reorder(
              "unflatten",
              columns(u.dst(), segment),
              inRows(u.src(), u.dst(), segment),
              layouts.segment(u.dst(), segment),
              inImage(u.dst(), segment)));
    }
    return result;
  }

  private memory.desc columns(Image image, Segment segment) {
    return layouts.rowMajor(
        memory.data_type.f32, image, image.channels().logical(), segment.length());
  }

  private static Place inImage(Image image, Segment segment) {
    return new Place.InBuffer(
        image.buffer(), image.offsetBytes() + Layouts.segmentBytes(image, segment));
  }

  private static Place inRows(Rows rows, Image image, Segment segment) {
    long feature = (long) segment.logical() * image.height() * image.width();
    return new Place.InBuffer(rows.buffer(), Float.BYTES * feature);
  }

  List<Call> copyFeatures(CopyFeatures c) {
    long[] dims = {c.src().rows(), c.count()};
    return List.of(
        calls.reorder(
            "copy features",
            layouts.strided(dims, new long[] {c.src().features(), 1}),
            new Place.InBuffer(c.src().buffer(), (long) Float.BYTES * c.srcFirst()),
            layouts.strided(dims, new long[] {c.dst().features(), 1}),
            new Place.InBuffer(c.dst().buffer(), (long) Float.BYTES * c.dstFirst())));
  }

  List<Call> dense(DenseForward d) {
    Op.Dense op = d.op();
    inner_product_forward.primitive_desc description = denseDescription(op, d.src(), d.dst());
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(DNNL_ARG_SRC, layouts.rows(d.src()), Place.of(d.src())));
    arguments.add(
        new Argument(DNNL_ARG_WEIGHTS, weights(op), Place.parameters(op.weights().offset())));
    arguments.add(new Argument(DNNL_ARG_DST, layouts.rows(d.dst()), Place.of(d.dst())));
    op.bias()
        .ifPresent(
            bias ->
                arguments.add(
                    new Argument(DNNL_ARG_BIAS, bias(op), Place.parameters(bias.offset()))));
    return List.of(
        calls.call(
            "dense",
            new inner_product_forward(description),
            description,
            arguments.toArray(Argument[]::new)));
  }

  List<Call> denseBackwardData(DenseBackwardData d) {
    Op.Dense op = d.op();
    memory.desc dSrc = layouts.rows(d.dSrc());
    memory.desc dDst = layouts.rows(d.dDst());
    inner_product_backward_data.desc desc =
        calls.own(new inner_product_backward_data.desc(dSrc, weights(op), dDst));
    inner_product_backward_data.primitive_desc description =
        calls.own(
            new inner_product_backward_data.primitive_desc(
                desc, calls.attributes(), calls.cpu(), denseDescription(op, d.dSrc(), d.dDst())));
    return List.of(
        calls.call(
            "dense backward data",
            new inner_product_backward_data(description),
            description,
            new Argument(DNNL_ARG_DIFF_DST, dDst, Place.of(d.dDst())),
            new Argument(DNNL_ARG_WEIGHTS, weights(op), Place.parameters(op.weights().offset())),
            new Argument(DNNL_ARG_DIFF_SRC, dSrc, Place.of(d.dSrc()))));
  }

  List<Call> denseBackwardWeights(DenseBackwardWeights d) {
    Op.Dense op = d.op();
    memory.desc src = layouts.rows(d.src());
    memory.desc dDst = layouts.rows(d.dDst());
    inner_product_backward_weights.desc desc =
        calls.own(
            op.bias().isPresent()
                ? new inner_product_backward_weights.desc(src, weights(op), bias(op), dDst)
                : new inner_product_backward_weights.desc(src, weights(op), dDst));
    inner_product_backward_weights.primitive_desc description =
        calls.own(
            new inner_product_backward_weights.primitive_desc(
                desc, calls.attributes(), calls.cpu(), denseDescription(op, d.src(), d.dDst())));
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(DNNL_ARG_SRC, src, Place.of(d.src())));
    arguments.add(new Argument(DNNL_ARG_DIFF_DST, dDst, Place.of(d.dDst())));
    arguments.add(
        new Argument(DNNL_ARG_DIFF_WEIGHTS, weights(op), Place.gradient(op.weights().offset())));
    op.bias()
        .ifPresent(
            bias ->
                arguments.add(
                    new Argument(DNNL_ARG_DIFF_BIAS, bias(op), Place.gradient(bias.offset()))));
    return List.of(
        calls.call(
            "dense backward weights",
            new inner_product_backward_weights(description),
            description,
            arguments.toArray(Argument[]::new)));
  }

  List<Call> softmax(Softmax s) {
    memory.desc layout = layouts.rows(s.logits());
    softmax_forward.desc desc =
        calls.own(new softmax_forward.desc(prop_kind.forward_inference, layout, 1));
    softmax_forward.primitive_desc description =
        calls.own(new softmax_forward.primitive_desc(desc, calls.attributes(), calls.cpu()));
    return List.of(
        calls.call(
            "softmax",
            new softmax_forward(description),
            description,
            new Argument(DNNL_ARG_SRC, layout, Place.of(s.logits())),
            new Argument(DNNL_ARG_DST, layout, Place.of(s.probabilities()))));
  }

  private inner_product_forward.primitive_desc denseDescription(Op.Dense op, Rows src, Rows dst) {
    inner_product_forward.desc desc =
        calls.own(
            op.bias().isPresent()
                ? new inner_product_forward.desc(
                    prop_kind.forward_training,
                    layouts.rows(src),
                    weights(op),
                    bias(op),
                    layouts.rows(dst))
                : new inner_product_forward.desc(
                    prop_kind.forward_training, layouts.rows(src), weights(op), layouts.rows(dst)));
    return calls.own(
        new inner_product_forward.primitive_desc(desc, calls.attributes(), calls.cpu()));
  }

  private memory.desc weights(Op.Dense op) {
    return layouts.of(format_tag.oi, op.outFeatures(), op.inFeatures());
  }

  private memory.desc bias(Op.Dense op) {
    return layouts.vector(op.outFeatures());
  }
}
