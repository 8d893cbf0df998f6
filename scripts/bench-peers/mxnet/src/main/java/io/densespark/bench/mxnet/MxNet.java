package io.densespark.bench.mxnet;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import io.densespark.bench.Net;
import io.densespark.bench.Peer;
import io.densespark.bench.Round;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** MXNet's imperative execution of the net, the way DJL trains. */
public final class MxNet implements Peer {

  private static final float NORM_MOMENTUM = 0.9f;
  private static final float NO_CLIPPING = -1;
  private static final Shape ONE = new Shape(1, 1);

  private final Net net;
  private final int batch;
  private final Engine engine = Engine.getEngine("MXNet");
  private final NDManager manager = NDManager.newBaseManager("MXNet");
  private final Loss loss = Loss.softmaxCrossEntropyLoss();
  private final Map<String, Weights> weights = new HashMap<>();
  private final List<Learned> learned = new ArrayList<>();
  private final NDArray images;
  private final NDArray labels;

  /** What a layer learns, and a norm's running statistics; null where it has none. */
  private record Weights(NDArray weight, NDArray bias, NDArray mean, NDArray variance) {}

  /** A parameter and its momentum. */
  private record Learned(NDArray values, NDArray momentum) {}

  private MxNet(Round round, Net net) {
    this.net = net;
    batch = round.batch();
    net.layers().forEach(this::addWeights);
    images =
        manager.create(
            net.images(batch), new Shape(batch, net.channels(), net.height(), net.width()));
    float[] classes = new float[batch];
    int[] of = net.labels(batch);
    for (int i = 0; i < batch; i++) {
      classes[i] = of[i];
    }
    labels = manager.create(classes, new Shape(batch));
  }

  /** Runs one round. */
  public static void main(String[] arguments) {
    Round.run(arguments, MxNet::new);
  }

  private void addWeights(Net.Layer layer) {
    long in = layer.inChannels();
    long out = layer.outChannels();
    long k = layer.kernel();
    Shape vector = new Shape(out);
    switch (layer.kind()) {
      case CONVOLUTION ->
          weights.put(
              layer.name(),
              new Weights(initial(in * k * k, new Shape(out, in, k, k)), null, null, null));
      case NORM ->
          weights.put(
              layer.name(),
              new Weights(
                  learned(manager.ones(vector)),
                  learned(manager.zeros(vector)),
                  manager.zeros(vector),
                  manager.ones(vector)));
      case CLASSIFIER ->
          weights.put(
              layer.name(),
              new Weights(
                  initial(in, new Shape(out, in)), learned(manager.zeros(vector)), null, null));
      default -> {}
    }
  }

  /** He's normal distribution. */
  private NDArray initial(long fanIn, Shape shape) {
    float deviation = (float) Math.sqrt(2.0 / fanIn);
    return learned(manager.randomNormal(0, deviation, shape, DataType.FLOAT32));
  }

  private NDArray learned(NDArray values) {
    values.setRequiresGradient(true);
    learned.add(new Learned(values, manager.zeros(values.getShape())));
    return values;
  }

  @Override
  public int imagesPerCall() {
    return batch;
  }

  @Override
  public double train() {
    // Results belong to the manager of their first input, so the step's own manager lends it out.
    try (NDManager step = manager.newSubManager()) {
      images.attach(step);
      NDArray value;
      try (GradientCollector collector = engine.newGradientCollector()) {
        value = loss.evaluate(new NDList(labels), new NDList(forward(true)));
        collector.backward(value);
      }
      learned.forEach(MxNet::update);
      images.attach(manager);
      // Waits for the forward pass alone; the rest is waited for by the next step's.
      return value.getFloat();
    }
  }

  private static void update(Learned of) {
    try (NDArray gradient = of.values().getGradient()) {
      of.values()
          .getNDArrayInternal()
          .nagUpdate(
              new NDList(of.values(), gradient, of.momentum()),
              new NDList(of.values()),
              (float) Net.LEARNING_RATE,
              0,
              1,
              NO_CLIPPING,
              (float) Net.MOMENTUM);
    }
  }

  @Override
  public void infer() {
    try (NDManager call = manager.newSubManager()) {
      images.attach(call);
      NDArray probabilities = forward(false).softmax(1);
      images.attach(manager);
      probabilities.toFloatArray();
    }
  }

  private NDArray forward(boolean training) {
    Map<String, NDArray> outputs = new HashMap<>();
    outputs.put(Net.IMAGES, images);
    NDArray last = images;
    for (Net.Layer layer : net.layers()) {
      List<NDArray> inputs = layer.inputs().stream().map(outputs::get).toList();
      last = output(layer, inputs, training);
      outputs.put(layer.name(), last);
    }
    return last;
  }

  private NDArray output(Net.Layer layer, List<NDArray> inputs, boolean training) {
    NDArray x = inputs.get(0);
    Weights w = weights.get(layer.name());
    Shape kernel = new Shape(layer.kernel(), layer.kernel());
    Shape stride = new Shape(layer.stride(), layer.stride());
    Shape padding = new Shape(layer.padding(), layer.padding());
    return switch (layer.kind()) {
      case CONVOLUTION ->
          Conv2d.conv2d(x, w.weight(), null, stride, padding, ONE).singletonOrThrow();
      case NORM ->
          BatchNorm.batchNorm(
                  x,
                  w.mean(),
                  w.variance(),
                  w.weight(),
                  w.bias(),
                  1,
                  NORM_MOMENTUM,
                  (float) Net.NORM_EPSILON,
                  training)
              .singletonOrThrow();
      case RELU -> x.getNDArrayInternal().relu();
      case MAX_POOL -> Pool.maxPool2d(x, kernel, stride, padding, false);
      case AVERAGE_POOL -> Pool.avgPool2d(x, kernel, stride, padding, false, true);
      case GLOBAL_AVERAGE_POOL -> Pool.globalAvgPool2d(x).reshape(batch, layer.outChannels());
      case CONCAT -> NDArrays.concat(new NDList(inputs), 1);
      case CLASSIFIER -> Linear.linear(x, w.weight(), w.bias()).singletonOrThrow();
    };
  }
}
