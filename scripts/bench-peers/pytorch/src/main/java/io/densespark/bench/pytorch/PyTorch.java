package io.densespark.bench.pytorch;

import io.densespark.bench.Net;
import io.densespark.bench.Peer;
import io.densespark.bench.Round;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * PyTorch's eager execution of the net. The variant's first word is the memory format of images,
 * weights and all between: {@code nchw} or {@code channels-last}.
 */
public final class PyTorch implements Peer {

  private static final double NORM_MOMENTUM = 0.1;
  private static final long[] ONE = {1, 1};

  private final Net net;
  private final MemoryFormat format;
  private final Map<String, Weights> weights = new HashMap<>();
  private final TensorVector trained = new TensorVector();
  private final SGD optimizer;
  private final Tensor images;
  private final Tensor labels;
  private final int batch;

  /** What a layer learns, and a norm's running statistics; null where it has none. */
  private record Weights(Tensor weight, Tensor bias, Tensor mean, Tensor variance) {}

  private PyTorch(Round round, Net net) {
    this.net = net;
    format =
        switch (round.variant().split(" ")[0]) {
          case "nchw" -> MemoryFormat.Contiguous;
          case "channels-last" -> MemoryFormat.ChannelsLast;
          default ->
              throw new IllegalArgumentException(
                  "variant must start with nchw or channels-last, was " + round.variant());
        };
    batch = round.batch();
    torch.set_num_threads(round.threads());
    torch.manual_seed(1);
    net.layers().forEach(this::addWeights);
    SGDOptions options = new SGDOptions(Net.LEARNING_RATE);
    options.momentum().put(Net.MOMENTUM);
    options.nesterov().put(true);
    optimizer = new SGD(trained, options);
    images = copied(net.images(batch)).contiguous(format);
    long[] classes = java.util.Arrays.stream(net.labels(batch)).asLongStream().toArray();
    labels =
        torch
            .from_blob(
                new LongPointer(classes), new long[] {batch}, new TensorOptions(ScalarType.Long))
            .clone();
  }

  /** Runs one round. */
  public static void main(String[] arguments) {
    Round.run(arguments, PyTorch::new);
  }

  private Tensor copied(float[] values) {
    try (FloatPointer pointer = new FloatPointer(values)) {
      long[] shape = {batch, net.channels(), net.height(), net.width()};
      return torch.from_blob(pointer, shape).clone();
    }
  }

  private void addWeights(Net.Layer layer) {
    long in = layer.inChannels();
    long out = layer.outChannels();
    long k = layer.kernel();
    switch (layer.kind()) {
      case CONVOLUTION ->
          weights.put(
              layer.name(), new Weights(initial(in * k * k, out, in, k, k), null, null, null));
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
              new Weights(initial(in, out, in), learned(torch.zeros(out)), null, null));
      default -> {}
    }
  }

  /** He's normal distribution. */
  private Tensor initial(long fanIn, long... shape) {
    org.bytedeco.pytorch.Scalar deviation = new org.bytedeco.pytorch.Scalar(Math.sqrt(2.0 / fanIn));
    Tensor values = torch.randn(shape).mul_(deviation);
    return learned(shape.length == 4 ? values.contiguous(format) : values);
  }

  private Tensor learned(Tensor values) {
    Tensor leaf = values.set_requires_grad(true);
    trained.push_back(leaf);
    return leaf;
  }

  @Override
  public int imagesPerCall() {
    return batch;
  }

  @Override
  @SuppressWarnings("try") // the scope works by being open
  public double train() {
    // The scope frees the step's tensors at once; the collector would be late.
    try (PointerScope scope = new PointerScope()) {
      optimizer.zero_grad();
      Tensor loss = torch.cross_entropy(forward(true), labels);
      loss.backward();
      optimizer.step();
      return loss.item_float();
    }
  }

  @Override
  @SuppressWarnings("try") // as do both of these
  public void infer() {
    try (PointerScope scope = new PointerScope();
        InferenceMode mode = new InferenceMode()) {
      torch.softmax(forward(false), 1);
    }
  }

  private Tensor forward(boolean training) {
    Map<String, Tensor> outputs = new HashMap<>();
    outputs.put(Net.IMAGES, images);
    Tensor last = images;
    for (Net.Layer layer : net.layers()) {
      List<Tensor> inputs = layer.inputs().stream().map(outputs::get).toList();
      last = output(layer, inputs, training);
      outputs.put(layer.name(), last);
    }
    return last;
  }

  private Tensor output(Net.Layer layer, List<Tensor> inputs, boolean training) {
    Tensor x = inputs.get(0);
    Weights w = weights.get(layer.name());
    long[] kernel = {layer.kernel(), layer.kernel()};
    long[] stride = {layer.stride(), layer.stride()};
    long[] padding = {layer.padding(), layer.padding()};
    return switch (layer.kind()) {
      case CONVOLUTION ->
          torch.conv2d(x, w.weight(), new TensorOptional(), stride, padding, ONE, 1);
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
      case CLASSIFIER -> torch.linear(x, w.weight(), new TensorOptional(w.bias()));
    };
  }
}
