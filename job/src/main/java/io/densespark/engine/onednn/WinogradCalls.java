package io.densespark.engine.onednn;

import static io.densespark.engine.plan.ConvolutionChoice.CHUNK_IMAGES;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.densespark.engine.onednn.Call.Argument;
import io.densespark.engine.plan.Instruction.Chunk;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardData;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardWeights;
import io.densespark.engine.plan.Instruction.ConvolutionForward;
import io.densespark.engine.plan.Instruction.ConvolutionSite;
import io.densespark.engine.plan.Tensor.Image;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.format_tag;

/**
 * Convolutions 3x3 by Winograd's algorithm. oneDNN's kernels want the images outermost, the plan
 * has them inside the channel blocks: a chunk of images is copied together, computed and copied
 * back while it is in the cache. Gradients of weights are added chunk after chunk.
 *
 * <p>For inference too the forward kernel is the one for training, whose weights have a plain
 * blocked layout.
 */
final class WinogradCalls {
  private static final long[] ONE = {1, 1};

  private final CallFactory calls;
  private final Layouts layouts;
  private final WeightCalls weights;

  WinogradCalls(CallFactory calls, WeightCalls weights) {
    this.calls = calls;
    this.layouts = calls.layouts();
    this.weights = weights;
  }

  List<Call> forward(ConvolutionForward c) {
    ConvolutionSite site = c.site();
    Chunk chunk = site.chunk().orElseThrow();
    convolution_forward.primitive_desc description = description(c.src(), c.dst());
    memory.desc layout = layouts.own(description.weights_desc());
    List<Call> result = new ArrayList<>();
    for (Call call : load(site, c.src(), c.dst(), layout)) {
      result.add(c.keepsWeights() ? new Call.Preparation(call) : call);
    }
    Call compute =
        calls.call(
            site.name() + " forward",
            new convolution_forward(description),
            description,
            new Argument(DNNL_ARG_SRC, chunk(c.src()), Place.buffer(chunk.src())),
            new Argument(DNNL_ARG_WEIGHTS, layout, Place.buffer(site.weights())),
            new Argument(DNNL_ARG_DST, chunk(c.dst()), Place.buffer(chunk.dst())));
    result.addAll(inChunks(c.src(), chunk.src(), compute, c.dst(), chunk.dst()));
    return result;
  }

  List<Call> backwardData(ConvolutionBackwardData c) {
    ConvolutionSite site = c.site();
    Chunk chunk = site.chunk().orElseThrow();
    convolution_backward_data.desc desc =
        calls.own(
            new convolution_backward_data.desc(
                algorithm.convolution_winograd,
                chunk(c.dSrc()),
                anyWeights(c.dSrc(), c.dDst()),
                chunk(c.dDst()),
                ONE,
                ONE,
                ONE));
    convolution_backward_data.primitive_desc description =
        calls.own(
            new convolution_backward_data.primitive_desc(
                desc, calls.attributes(), calls.cpu(), description(c.dSrc(), c.dDst())));
    memory.desc layout = layouts.own(description.weights_desc());
    List<Call> result = new ArrayList<>(load(site, c.dSrc(), c.dDst(), layout));
    Call compute =
        calls.call(
            site.name() + " backward data",
            new convolution_backward_data(description),
            description,
            new Argument(DNNL_ARG_DIFF_DST, chunk(c.dDst()), Place.buffer(chunk.dst())),
            new Argument(DNNL_ARG_WEIGHTS, layout, Place.buffer(site.weights())),
            new Argument(DNNL_ARG_DIFF_SRC, chunk(c.dSrc()), Place.buffer(chunk.src())));
    result.addAll(inChunks(c.dDst(), chunk.dst(), compute, c.dSrc(), chunk.src()));
    return result;
  }

  List<Call> backwardWeights(ConvolutionBackwardWeights c) {
    ConvolutionSite site = c.site();
    Chunk chunk = site.chunk().orElseThrow();
    convolution_backward_weights.desc desc =
        calls.own(
            new convolution_backward_weights.desc(
                algorithm.convolution_winograd,
                chunk(c.src()),
                anyWeights(c.src(), c.dDst()),
                chunk(c.dDst()),
                ONE,
                ONE,
                ONE));
    convolution_backward_weights.primitive_desc description =
        calls.own(
            new convolution_backward_weights.primitive_desc(
                desc, calls.attributes(), calls.cpu(), description(c.src(), c.dDst())));
    memory.desc layout = layouts.own(description.diff_weights_desc());
    Call add = add(layout, chunk.partialWeights(), site.weights());
    List<Call> result = new ArrayList<>();
    for (int first = 0; first < c.src().images(); first += CHUNK_IMAGES) {
      int target = first == 0 ? site.weights() : chunk.partialWeights();
      result.add(gather(c.src(), first, chunk.src()));
      result.add(gather(c.dDst(), first, chunk.dst()));
      result.add(
          calls.call(
              site.name() + " backward weights",
              new convolution_backward_weights(description),
              description,
              new Argument(DNNL_ARG_SRC, chunk(c.src()), Place.buffer(chunk.src())),
              new Argument(DNNL_ARG_DIFF_DST, chunk(c.dDst()), Place.buffer(chunk.dst())),
              new Argument(DNNL_ARG_DIFF_WEIGHTS, layout, Place.buffer(target))));
      if (first > 0) {
        result.add(add);
      }
    }
    result.addAll(weights.store(site, c.src(), c.dDst(), asVolume(layout, c.src(), c.dDst())));
    return result;
  }

  private convolution_forward.primitive_desc description(Image src, Image dst) {
    convolution_forward.desc desc =
        calls.own(
            new convolution_forward.desc(
                prop_kind.forward_training,
                algorithm.convolution_winograd,
                chunk(src),
                anyWeights(src, dst),
                chunk(dst),
                ONE,
                ONE,
                ONE));
    return calls.own(new convolution_forward.primitive_desc(desc, calls.attributes(), calls.cpu()));
  }

  private List<Call> load(ConvolutionSite site, Image src, Image dst, memory.desc layout) {
    Place source = Place.parameters(site.op().weights().offset());
    return weights.load(site, src, dst, source, asVolume(layout, src, dst));
  }

  /** The same weights with a kernel depth of 1. */
  private memory.desc asVolume(memory.desc layout, Image src, Image dst) {
    long[] dims = {dst.channels().physical(), src.channels().physical(), 1, 3, 3};
    return layouts.own(layout.reshape(dims));
  }

  private memory.desc anyWeights(Image src, Image dst) {
    return layouts.of(format_tag.any, dst.channels().physical(), src.channels().physical(), 3, 3);
  }

  /** A chunk with its images outermost. */
  private memory.desc chunk(Image image) {
    return layouts.of(
        format_tag.nChw16c,
        CHUNK_IMAGES,
        image.channels().physical(),
        image.height(),
        image.width());
  }

  private List<Call> inChunks(Image from, int gathered, Call compute, Image to, int computed) {
    List<Call> result = new ArrayList<>();
    for (int first = 0; first < from.images(); first += CHUNK_IMAGES) {
      result.add(gather(from, first, gathered));
      result.add(compute);
      result.add(scatter(to, first, computed));
    }
    return result;
  }

  private Call gather(Image image, int first, int buffer) {
    return calls.reorder(
        "gather chunk",
        slice(image, image.images(), 1),
        at(image, first),
        slice(image, 1, blocks(image)),
        Place.buffer(buffer));
  }

  private Call scatter(Image image, int first, int buffer) {
    return calls.reorder(
        "scatter chunk",
        slice(image, 1, blocks(image)),
        Place.buffer(buffer),
        slice(image, image.images(), 1),
        at(image, first));
  }

  /**
   * A chunk as [blocks, images, floats of an image's block].
   *
   * @param blockStride distance of blocks, in images' blocks
   * @param imageStride distance of images, in images' blocks
   */
  private memory.desc slice(Image image, long blockStride, long imageStride) {
    long floats = imageFloats(image);
    return layouts.strided(
        new long[] {blocks(image), CHUNK_IMAGES, floats},
        new long[] {blockStride * floats, imageStride * floats, 1});
  }

  private static long imageFloats(Image image) {
    return (long) image.block() * image.height() * image.width();
  }

  private static long blocks(Image image) {
    return image.channels().physical() / image.block();
  }

  private static Place at(Image image, int first) {
    long offset = image.offsetBytes() + Float.BYTES * first * imageFloats(image);
    return new Place.InBuffer(image.buffer(), offset);
  }

  private Call add(memory.desc layout, int addend, int sum) {
    binary.desc desc = calls.own(new binary.desc(algorithm.binary_add, layout, layout, layout));
    binary.primitive_desc description =
        calls.own(new binary.primitive_desc(desc, calls.attributes(), calls.cpu()));
    return calls.call(
        "add chunk",
        new binary(description),
        description,
        new Argument(DNNL_ARG_SRC_0, layout, Place.buffer(sum)),
        new Argument(DNNL_ARG_SRC_1, layout, Place.buffer(addend)),
        new Argument(DNNL_ARG_DST, layout, Place.buffer(sum)));
  }
}
