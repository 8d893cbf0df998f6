package io.densespark.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.densespark.engine.onednn.Call.Argument;
import io.densespark.engine.plan.ConvolutionChoice.Algorithm;
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
import org.bytedeco.dnnl.memory;

/**
 * Convolutions. Weights are brought from the flat parameters into the layout that the kernel wants
 * right before it runs or, where they are kept, when they have changed; their gradient is brought
 * out of it right after.
 */
final class ConvolutionCalls {
  private final CallFactory calls;
  private final Layouts layouts;
  private final ConvolutionDescriptions descriptions;
  private final WeightCalls weights;
  private final WinogradCalls winograd;

  ConvolutionCalls(CallFactory calls) {
    this.calls = calls;
    this.layouts = calls.layouts();
    this.descriptions = new ConvolutionDescriptions(calls);
    this.weights = new WeightCalls(calls);
    this.winograd = new WinogradCalls(calls, weights);
  }

  List<Call> forward(ConvolutionForward c) {
    ConvolutionSite site = c.site();
    if (site.choice().algorithm() == Algorithm.WINOGRAD) {
      return winograd.forward(c);
    }
    convolution_forward.primitive_desc description =
        descriptions.forward(
            site.op(), site.choice(), c.src(), c.dst(), c.bias().isPresent(), c.training());
    memory.desc layout = layouts.own(description.weights_desc());
    List<Call> loading = new ArrayList<>();
    Place source = Place.parameters(site.op().weights().offset());
    if (c.fold().isPresent()) {
      loading.addAll(weights.fold(site.op(), c.fold().get(), c.bias().orElseThrow()));
      source = Place.buffer(c.fold().get().weights());
    }
    memory.desc volume = descriptions.asVolume(site.op(), site.choice(), c.src(), c.dst(), layout);
    loading.addAll(weights.load(site, c.src(), c.dst(), source, volume));
    List<Call> result = new ArrayList<>();
    for (Call call : loading) {
      result.add(c.keepsWeights() ? new Call.Preparation(call) : call);
    }
    List<Argument> arguments = new ArrayList<>();
    arguments.add(image(DNNL_ARG_SRC, site, c.src()));
    arguments.add(new Argument(DNNL_ARG_WEIGHTS, layout, Place.buffer(site.weights())));
    arguments.add(image(DNNL_ARG_DST, site, c.dst()));
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
    if (site.choice().algorithm() == Algorithm.WINOGRAD) {
      return winograd.backwardData(c);
    }
    convolution_backward_data.primitive_desc description =
        descriptions.backwardData(site.op(), site.choice(), c.dSrc(), c.dDst());
    memory.desc layout = layouts.own(description.weights_desc());
    Place source = Place.parameters(site.op().weights().offset());
    memory.desc volume =
        descriptions.asVolume(site.op(), site.choice(), c.dSrc(), c.dDst(), layout);
    List<Call> result = new ArrayList<>(weights.load(site, c.dSrc(), c.dDst(), source, volume));
    result.add(
        calls.call(
            site.name() + " backward data",
            new convolution_backward_data(description),
            description,
            image(DNNL_ARG_DIFF_DST, site, c.dDst()),
            new Argument(DNNL_ARG_WEIGHTS, layout, Place.buffer(site.weights())),
            image(DNNL_ARG_DIFF_SRC, site, c.dSrc())));
    return result;
  }

  List<Call> backwardWeights(ConvolutionBackwardWeights c) {
    ConvolutionSite site = c.site();
    if (site.choice().algorithm() == Algorithm.WINOGRAD) {
      return winograd.backwardWeights(c);
    }
    convolution_backward_weights.primitive_desc description =
        descriptions.backwardWeights(
            site.op(), site.choice(), c.src(), c.dDst(), c.dBias().isPresent());
    memory.desc layout = layouts.own(description.diff_weights_desc());
    List<Argument> arguments = new ArrayList<>();
    arguments.add(image(DNNL_ARG_SRC, site, c.src()));
    arguments.add(image(DNNL_ARG_DIFF_DST, site, c.dDst()));
    arguments.add(new Argument(DNNL_ARG_DIFF_WEIGHTS, layout, Place.buffer(site.weights())));
    c.dBias().ifPresent(vector -> arguments.add(vector(DNNL_ARG_DIFF_BIAS, vector)));
    List<Call> result = new ArrayList<>();
    result.add(
        calls.call(
            site.name() + " backward weights",
            new convolution_backward_weights(description),
            description,
            arguments.toArray(Argument[]::new)));
    memory.desc volume = descriptions.asVolume(site.op(), site.choice(), c.src(), c.dDst(), layout);
    result.addAll(weights.store(site, c.src(), c.dDst(), volume));
    return result;
  }

  private Argument image(int index, ConvolutionSite site, Image image) {
    memory.desc layout = descriptions.image(site.op(), site.choice(), image);
    return new Argument(index, layout, Place.of(image));
  }

  private Argument vector(int index, Vector vector) {
    return new Argument(index, layouts.vector(vector.count()), Place.of(vector));
  }
}
