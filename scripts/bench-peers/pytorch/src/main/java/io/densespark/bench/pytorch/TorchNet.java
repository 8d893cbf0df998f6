package io.densespark.bench.pytorch;

import io.densespark.bench.Net;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The net's weights, and PyTorch's eager execution of its layers. */
final class TorchNet {

  private static final double NORM_MOMENTUM = 0.1;
  private static final long[] ONE = {1, 1};

  /** How weights start; biases start at 0. */
  enum Initial {
    /** Normal, variance 2 / fan-in. */
    HE,
    /** Uniform, variance 2 / (fan-in + fan-out): what MXNet calls Xavier. */
    XAVIER
  }

  private final Net net;
  private final MemoryFormat format;
  private final Initial initial;
  private final boolean bf16;
  private final Map<String, Weights> weights = new HashMap<>();
  private final TensorVector trained = new TensorVector();

  /** What a layer learns, and a norm's running statistics; null where it has none. */
  private record Weights(Tensor weight, Tensor bias, Tensor mean, Tensor variance) {}

  /**
   * Weights from PyTorch's random numbers.
   *
   * @param format memory format of images, weights and all between
   * @param bf16 computes as PyTorch's autocast does: convolutions and the classifier from bfloat16
   *     copies of their weights, all between in bfloat16, weights and statistics in float32
   */
  TorchNet(Net net, MemoryFormat format, Initial initial, boolean bf16) {
    this.net = net;
    this.format = format;
    this.initial = initial;
    this.bf16 = bf16;
    net.layers().forEach(this::addWeights);
  }

  /** What the optimizer is to change. */
  TensorVector trained() {
    return trained;
  }

  private void addWeights(Net.Layer layer) {
    long in = layer.inChannels();
    long out = layer.outChannels();
    long k = layer.kernel();
    switch (layer.kind()) {
      case CONVOLUTION ->
          weights.put(
              layer.name(),
              new Weights(initial(in * k * k, out * k * k, out, in, k, k), null, null, null));
      case NORM ->
          weights.put(
              layer.name(),
              new Weights(
                  learned(torch.ones(out)),
                  learned(torch.zeros(out)),
                  torch.zeros(out),
                  torch.ones(out)));
      case CLASSIFIER ->
          weights.put(
              layer.name(),
              new Weights(initial(in, out, out, in), learned(torch.zeros(out)), null, null));
      default -> {}
    }
  }

  private Tensor initial(long fanIn, long fanOut, long... shape) {
    Tensor values =
        switch (initial) {
          case HE -> torch.randn(shape).mul_(scalar(Math.sqrt(2.0 / fanIn)));
          case XAVIER -> {
            double bound = Math.sqrt(6.0 / (fanIn + fanOut));
            yield torch.rand(shape).mul_(scalar(2 * bound)).sub_(scalar(bound));
          }
        };
    return learned(shape.length == 4 ? values.contiguous(format) : values);
  }

  private static Scalar scalar(double value) {
    return new Scalar(value);
  }

  private Tensor learned(Tensor values) {
    Tensor leaf = values.set_requires_grad(true);
    trained.push_back(leaf);
    return leaf;
  }

  /** The values in the precision that is computed in. */
  private Tensor computed(Tensor values) {
    return bf16 ? values.to(ScalarType.BFloat16) : values;
  }

  /**
   * Logits, [n, classes], float32.
   *
   * @param images [n, channels, height, width]
   * @param training whether norms use the batch's statistics, and note them
   */
  Tensor forward(Tensor images, boolean training) {
    Map<String, Tensor> outputs = new HashMap<>();
    Tensor last = computed(images);
    outputs.put(Net.IMAGES, last);
    for (Net.Layer layer : net.layers()) {
      List<Tensor> inputs = layer.inputs().stream().map(outputs::get).toList();
      last = output(layer, inputs, training);
      outputs.put(layer.name(), last);
    }
    return last.to(ScalarType.Float);
  }

  private Tensor output(Net.Layer layer, List<Tensor> inputs, boolean training) {
    Tensor x = inputs.get(0);
    Weights w = weights.get(layer.name());
    long[] kernel = {layer.kernel(), layer.kernel()};
    long[] stride = {layer.stride(), layer.stride()};
    long[] padding = {layer.padding(), layer.padding()};
    return switch (layer.kind()) {
      case CONVOLUTION ->
          torch.conv2d(x, computed(w.weight()), new TensorOptional(), stride, padding, ONE, 1);
      case NORM ->
          torch.batch_norm(
              x,
              new TensorOptional(w.weight()),
              new TensorOptional(w.bias()),
              new TensorOptional(w.mean()),
              new TensorOptional(w.variance()),
              training,
              NORM_MOMENTUM,
              Net.NORM_EPSILON,
              false);
      case RELU -> torch.relu_(x);
      case MAX_POOL -> torch.max_pool2d(x, kernel, stride, padding, ONE, false);
      case AVERAGE_POOL ->
          torch.avg_pool2d(x, kernel, stride, padding, false, true, new LongOptional());
      case GLOBAL_AVERAGE_POOL -> torch.adaptive_avg_pool2d(x, 1, 1).flatten(1, 3);
      case CONCAT -> torch.cat(new TensorVector(inputs.toArray(Tensor[]::new)), 1);
      case CLASSIFIER ->
          torch.linear(x, computed(w.weight()), new TensorOptional(computed(w.bias())));
    };
  }
}
