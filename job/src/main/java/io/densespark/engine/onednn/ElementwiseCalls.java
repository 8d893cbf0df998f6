package io.densespark.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;

import io.densespark.engine.onednn.Call.Argument;
import io.densespark.engine.plan.Instruction.ActivateBackward;
import io.densespark.engine.plan.Instruction.ActivateForward;
import io.densespark.engine.plan.Instruction.Copy;
import io.densespark.engine.plan.Instruction.Product;
import io.densespark.engine.plan.Instruction.Sum;
import io.densespark.engine.plan.Instruction.Zero;
import io.densespark.engine.plan.Tensor;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.format_tag;
import org.bytedeco.javacpp.Pointer;

/** Operations that treat every value alike, gaps included. */
final class ElementwiseCalls {
  private static final long CACHED_BYTES = 512 << 10;
  private static final int IMAGES_OF_VOLUME = 2;
  private static final int ROWS_OF_IMAGES = 0;

  private final CallFactory calls;
  private final Layouts layouts;

  ElementwiseCalls(CallFactory calls) {
    this.calls = calls;
    this.layouts = calls.layouts();
  }

  List<Call> activate(ActivateForward a) {
    memory.desc layout = layouts.volume(a.src());
    eltwise_forward.primitive_desc description =
        forwardDescription(Eltwise.of(a.activation()), layout);
    return List.of(
        calls.call(
            "activate",
            new eltwise_forward(description),
            description,
            new Argument(DNNL_ARG_SRC, layout, Place.of(a.src())),
            new Argument(DNNL_ARG_DST, layout, Place.of(a.dst()))));
  }

  List<Call> activateBackward(ActivateBackward a) {
    memory.desc layout = layouts.volume(a.src());
    Eltwise eltwise = Eltwise.of(a.activation());
    eltwise_backward.desc desc =
        calls.own(
            new eltwise_backward.desc(eltwise.algorithm(), layout, layout, eltwise.alpha(), 0));
    eltwise_backward.primitive_desc description =
        calls.own(
            new eltwise_backward.primitive_desc(
                desc, calls.attributes(), calls.cpu(), forwardDescription(eltwise, layout)));
    return List.of(
        calls.call(
            "activate backward",
            new eltwise_backward(description),
            description,
            new Argument(DNNL_ARG_SRC, layout, Place.of(a.src())),
            new Argument(DNNL_ARG_DIFF_DST, layout, Place.of(a.dDst())),
            new Argument(DNNL_ARG_DIFF_SRC, layout, Place.of(a.dSrc()))));
  }

  private eltwise_forward.primitive_desc forwardDescription(Eltwise eltwise, memory.desc layout) {
    eltwise_forward.desc desc =
        calls.own(
            new eltwise_forward.desc(
                prop_kind.forward_training, eltwise.algorithm(), layout, eltwise.alpha(), 0));
    return calls.own(new eltwise_forward.primitive_desc(desc, calls.attributes(), calls.cpu()));
  }

  List<Call> sum(Sum s) {
    return binary("sum", algorithm.binary_add, s.left(), s.right(), s.dst());
  }

  List<Call> product(Product p) {
    return binary("product", algorithm.binary_mul, p.left(), p.right(), p.dst());
  }

  /** Divides an image in place by one number. */
  Call.Native divide(Image image, Vector divisor) {
    memory.desc scalar = layouts.of(format_tag.abcde, 1, 1, 1, 1, 1);
    return binary("divide", algorithm.binary_div, image, scalar, divisor, image);
  }

  private List<Call> binary(
      String name, algorithm algorithm, Tensor left, Tensor right, Tensor dst) {
    return List.of(binary(name, algorithm, left, layouts.volume(dst), right, dst));
  }

  private Call.Native binary(
      String name,
      algorithm algorithm,
      Tensor left,
      memory.desc rightLayout,
      Tensor right,
      Tensor dst) {
    memory.desc layout = layouts.volume(dst);
    binary.desc desc = calls.own(new binary.desc(algorithm, layout, rightLayout, layout));
    binary.primitive_desc description =
        calls.own(new binary.primitive_desc(desc, calls.attributes(), calls.cpu()));
    return calls.call(
        name,
        new binary(description),
        description,
        new Argument(DNNL_ARG_SRC_0, layout, Place.of(left)),
        new Argument(DNNL_ARG_SRC_1, rightLayout, Place.of(right)),
        new Argument(DNNL_ARG_DST, layout, Place.of(dst)));
  }

  List<Call> copy(Copy c) {
    if (!(c.src() instanceof Image src) || !(c.dst() instanceof Image dst)) {
      memory.desc layout = layouts.volume(c.src());
      return List.of(calls.reorder("copy", layout, Place.of(c.src()), layout, Place.of(c.dst())));
    }
    if (src.width() == dst.width()) {
      return copy(src, layouts.image(src), dst, layouts.image(dst), IMAGES_OF_VOLUME);
    }
    return copy(src, layouts.inRows(src, dst), dst, layouts.inRows(dst, src), ROWS_OF_IMAGES);
  }

  /**
   * Copies between two views of the same dimensions. Out of pixels with all their channels the
   * library goes over all of them once for each block of channels, so it is given as many at a time
   * as stay in cache.
   */
  private List<Call> copy(Image src, memory.desc from, Image dst, memory.desc to, int axis) {
    if (src.block() != src.channels().physical() || src.bytes() <= CACHED_BYTES) {
      return List.of(calls.reorder("copy", from, Place.of(src), to, Place.of(dst)));
    }
    long[] dims = new long[from.data().ndims()];
    from.data().dims().get(dims);
    long images = dims[axis];
    dims[axis] = partOf(images, src.bytes());
    List<Call> result = new ArrayList<>();
    long[] start = new long[dims.length];
    for (; start[axis] < images; start[axis] += dims[axis]) {
      result.add(
          calls.reorder(
              "copy",
              layouts.own(from.submemory_desc(dims, start, false)),
              Place.of(src),
              layouts.own(to.submemory_desc(dims, start, false)),
              Place.of(dst)));
    }
    return result;
  }

  /** The largest of equal parts of so many images with so many bytes that stays in cache. */
  private static long partOf(long images, long bytes) {
    long parts = 1;
    while (parts < images && (images % parts != 0 || bytes / parts > CACHED_BYTES)) {
      parts++;
    }
    return images / parts;
  }

  List<Call> zero(Zero z) {
    return List.of(
        new Call.Java(
            addresses -> {
              RawPointer target =
                  new RawPointer(addresses.of(z.tensor().buffer()) + z.tensor().offsetBytes());
              long bytes = z.tensor().bytes();
              return inputs -> Pointer.memset(target, 0, bytes);
            }));
  }
}
