package io.densespark.engine.onednn;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Networks as a DL4J user would build them. */
final class Nets {
  static final int CLASSES = 5;

  private Nets() {}

  /** A chain of layers under construction, over images of one shape. */
  static final class Chain {
    final GraphBuilder graph;
    String last = "in";
    private int count;

    Chain(int channels, int height, int width) {
      graph =
          new NeuralNetConfiguration.Builder()
              .seed(7)
              .weightInit(WeightInit.RELU)
              .updater(new Nesterovs(0.05, 0.9))
              .graphBuilder()
              .addInputs("in")
              .setInputTypes(InputType.convolutional(height, width, channels));
    }

    Chain then(Layer layer) {
      String name = layer.getClass().getSimpleName() + count++;
      graph.addLayer(name, layer, last);
      last = name;
      return this;
    }

    Chain merge(String... inputs) {
      last = "merge" + count++;
      graph.addVertex(last, new MergeVertex(), inputs);
      return this;
    }

    Chain normed(Activation activation) {
      then(new BatchNormalization.Builder().build());
      return then(new ActivationLayer.Builder().activation(activation).build());
    }

    Chain conv(int out, int kernel, int stride, int pad) {
      return then(convolution(out, kernel, stride, pad));
    }

    ComputationGraphConfiguration classify() {
      then(output());
      graph.setOutputs(last);
      return graph.build();
    }

    ComputationGraphConfiguration poolAndClassify() {
      then(new GlobalPoolingLayer.Builder(PoolingType.AVG).build());
      return classify();
    }
  }

  static OutputLayer output() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nOut(CLASSES)
        .activation(Activation.SOFTMAX)
        .weightInit(WeightInit.XAVIER)
        .build();
  }

  static ConvolutionLayer convolution(int out, int kernel, int stride, int pad) {
    return new ConvolutionLayer.Builder(kernel, kernel)
        .nOut(out)
        .stride(stride, stride)
        .padding(pad, pad)
        .hasBias(false)
        .activation(Activation.IDENTITY)
        .build();
  }

  /**
   * A DenseNet with stem, blocks joined two by two, transitions of average pooling, and a
   * bottleneck where asked for.
   *
   * @param activation RELU as published, or something smooth for exact comparisons
   */
  static ComputationGraphConfiguration denseNet(
      int channels,
      int size,
      int stem,
      int growth,
      int[] blocks,
      boolean bottleneck,
      Activation activation) {
    Chain net = new Chain(channels, size, size);
    net.conv(stem, 3, 1, 1);
    int width = stem;
    for (int block = 0; block < blocks.length; block++) {
      for (int layer = 0; layer < blocks[block]; layer++) {
        String before = net.last;
        net.normed(activation);
        if (bottleneck) {
          net.conv(2 * growth, 1, 1, 0).normed(activation);
        }
        net.conv(growth, 3, 1, 1);
        net.merge(before, net.last);
        width += growth;
      }
      net.normed(activation);
      if (block < blocks.length - 1) {
        width /= 2;
        net.conv(width, 1, 1, 0);
        net.then(
            new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.AVG)
                .kernelSize(2, 2)
                .stride(2, 2)
                .build());
      }
    }
    return net.poolAndClassify();
  }
}
