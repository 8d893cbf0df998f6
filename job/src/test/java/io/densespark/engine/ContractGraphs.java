package io.densespark.engine;

import io.densespark.engine.GraphCase.Images;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The graphs of the contract, built with DL4J's own builders. */
final class ContractGraphs {

  static final String INPUT = "images";
  static final String OUTPUT = "classes";

  private ContractGraphs() {}

  static GraphBuilder builder(Images images) {
    return builder(images, new Sgd(0.1));
  }

  static GraphBuilder builder(Images images, IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .seed(1)
        .updater(updater)
        .activation(Activation.IDENTITY)
        .graphBuilder()
        .addInputs(INPUT)
        .setInputTypes(InputType.convolutional(images.height(), images.width(), images.channels()));
  }

  static ComputationGraphConfiguration end(GraphBuilder builder, String last) {
    return builder
        .addLayer(
            OUTPUT,
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(GraphCase.CLASSES)
                .activation(Activation.SOFTMAX)
                .build(),
            last)
        .setOutputs(OUTPUT)
        .build();
  }

  /**
   * Layers under test, one after the other, behind a convolution. What they hand back to the layers
   * before them shows in the gradient of that convolution.
   */
  static GraphCase around(String name, Images images, Layer... layers) {
    GraphBuilder builder = builder(images);
    builder.addLayer("before", before(images), INPUT);
    String last = "before";
    for (int i = 0; i < layers.length; i++) {
      String layer = "layer" + i;
      builder.addLayer(layer, layers[i], last);
      last = layer;
    }
    return new GraphCase(name, end(builder, last), images, 100);
  }

  static ConvolutionLayer before(Images images) {
    return convolution(images.channels(), 3).convolutionMode(ConvolutionMode.Same).build();
  }

  static ConvolutionLayer.Builder convolution(int channels, int... kernel) {
    int width = kernel[kernel.length - 1];
    return new ConvolutionLayer.Builder(kernel[0], width).nOut(channels);
  }

  static GraphCase merge(Images images) {
    GraphBuilder builder = builder(images);
    builder.addLayer("before", before(images), INPUT);
    builder.addLayer("wide", same(17, 3), "before");
    builder.addLayer("narrow", same(3, 1), "before");
    builder.addVertex("merged", new MergeVertex(), "before", "wide", INPUT, "narrow");
    builder.addLayer("after", same(4, 3), "merged");
    return new GraphCase("merge of four, input among them", end(builder, "after"), images, 100);
  }

  static GraphCase add(Images images) {
    GraphBuilder builder = builder(images);
    builder.addLayer("before", before(images), INPUT);
    builder.addLayer("left", same(images.channels(), 3), "before");
    builder.addLayer("right", same(images.channels(), 1), "left");
    ElementWiseVertex sum = new ElementWiseVertex(ElementWiseVertex.Op.Add);
    builder.addVertex("sum", sum, "before", "left", "right");
    builder.addLayer("after", same(4, 3), "sum");
    return new GraphCase("addition of three", end(builder, "after"), images, 100);
  }

  static ConvolutionLayer same(int channels, int kernel) {
    return convolution(channels, kernel).convolutionMode(ConvolutionMode.Same).build();
  }

  /** Two dense blocks with a transition; channel counts 8, 13, 18, 9, 14, 19. */
  static GraphCase denseNet(Activation activation, IUpdater updater) {
    Images images = new Images(6, 3, 8, 8);
    GraphBuilder builder = builder(images, updater);
    builder.addLayer("stem", bare(8, 3, 1), INPUT);
    String last = "stem";
    for (int block = 0; block < 2; block++) {
      if (block > 0) {
        last = normalised(builder, "transition", activation, bare(9, 1, 1), last);
        builder.addLayer("pool", pool(PoolingType.AVG, 2).build(), last);
        last = "pool";
      }
      for (int layer = 0; layer < 2; layer++) {
        String name = "block" + block + "-layer" + layer;
        String narrow = normalised(builder, name + "-a", activation, bare(20, 1, 1), last);
        String grown = normalised(builder, name + "-b", activation, bare(5, 3, 1), narrow);
        builder.addVertex(name, new MergeVertex(), last, grown);
        last = name;
      }
    }
    builder.addLayer("norm", new BatchNormalization.Builder().build(), last);
    builder.addLayer("active", new ActivationLayer(activation), "norm");
    builder.addLayer("mean", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), "active");
    return new GraphCase("DenseNet-BC with " + activation, end(builder, "mean"), images, 1);
  }

  private static String normalised(
      GraphBuilder builder, String name, Activation activation, Layer convolution, String input) {
    builder.addLayer(name + "-norm", new BatchNormalization.Builder().build(), input);
    builder.addLayer(name + "-active", new ActivationLayer(activation), name + "-norm");
    builder.addLayer(name + "-conv", convolution, name + "-active");
    return name + "-conv";
  }

  private static ConvolutionLayer bare(int channels, int kernel, int stride) {
    return convolution(channels, kernel)
        .convolutionMode(ConvolutionMode.Same)
        .stride(stride, stride)
        .hasBias(false)
        .build();
  }

  static SubsamplingLayer.Builder pool(PoolingType type, int side) {
    return new SubsamplingLayer.Builder(type).kernelSize(side, side).stride(side, side);
  }

  static GraphCase leNet(Activation activation, PoolingType pooling) {
    Images images = new Images(4, 1, 20, 20);
    GraphBuilder builder = builder(images);
    builder.addLayer("conv1", convolution(6, 5).activation(activation).build(), INPUT);
    builder.addLayer("pool1", pool(pooling, 2).build(), "conv1");
    builder.addLayer("conv2", convolution(11, 5).activation(activation).build(), "pool1");
    builder.addLayer("pool2", pool(pooling, 2).build(), "conv2");
    DenseLayer dense = new DenseLayer.Builder().nOut(30).activation(activation).build();
    builder.addLayer("dense", dense, "pool2");
    String name = "LeNet with " + activation + " and " + pooling + " pooling";
    return new GraphCase(name, end(builder, "dense"), images, 1);
  }

  /** Three stages of one residual block; the second and third halve the image. */
  static GraphCase resNet(Activation activation) {
    Images images = new Images(5, 3, 8, 8);
    GraphBuilder builder = builder(images);
    builder.addLayer("stem", bare(8, 3, 1), INPUT);
    String last = "stem";
    for (int stage = 0; stage < 3; stage++) {
      int channels = 8 << stage;
      int stride = stage == 0 ? 1 : 2;
      String name = "stage" + stage;
      String first = normalised(builder, name + "-a", activation, bare(channels, 3, stride), last);
      String second = normalised(builder, name + "-b", activation, bare(channels, 3, 1), first);
      String shortcut = last;
      if (stage > 0) {
        shortcut = name + "-shortcut";
        builder.addLayer(shortcut, bare(channels, 1, stride), last);
      }
      ElementWiseVertex sum = new ElementWiseVertex(ElementWiseVertex.Op.Add);
      builder.addVertex(name, sum, shortcut, second);
      last = name;
    }
    builder.addLayer("active", new ActivationLayer(activation), last);
    builder.addLayer("mean", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), "active");
    return new GraphCase("ResNet with " + activation, end(builder, "mean"), images, 1);
  }

  /** Nets whose every function is smooth, so that float and double cannot part ways. */
  static List<GraphCase> smoothNets() {
    return List.of(
        denseNet(Activation.TANH, new Sgd(0.1)),
        denseNet(Activation.GELU, new Sgd(0.1)),
        leNet(Activation.SIGMOID, PoolingType.AVG),
        leNet(Activation.TANH, PoolingType.AVG),
        resNet(Activation.TANH));
  }

  static List<GraphCase> rectifiedNets() {
    return List.of(
        denseNet(Activation.RELU, new Sgd(0.1)),
        leNet(Activation.RELU, PoolingType.MAX),
        resNet(Activation.RELU));
  }
}
