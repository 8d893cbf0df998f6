package io.densespark.model;

import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.UniformDistribution;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Writes a {@link DenseNetSpec} down as a DL4J graph of DL4J's own layers.
 *
 * <pre>
 * images → stem-conv [→ stem-norm → stem-relu] [→ stem-pool]
 *   block<i>b</i>-layer<i>n</i>:  [-concat →] [-bottleneck-norm → -relu → -conv →] -norm → -relu → -conv
 *   block<i>b</i>-concat
 *   transition<i>b</i>:  -norm → -relu → -conv → -pool           between two blocks
 * → final-norm → final-relu → final-pool → classifier
 * </pre>
 *
 * <p>As in the paper, each dense layer reads the concatenation of its block's input and of every
 * earlier layer's output, so a block of L layers has L(L+1)/2 connections; with dropout, a layer
 * {@code -dropout} follows every convolution but the first. Weights start as {@link
 * DenseNetSpec.Initialisation} says, batch norm from the identity, biases from 0. L2 applies to the
 * weights of convolutions and classifier alone, as DL4J has it: neither to biases nor to batch
 * norm.
 *
 * @implNote Sizes are padded explicitly and rounded down (DL4J's {@code Truncate}): {@code Same}
 *     would pad odd sizes on one side only. ReLU is a layer of its own because DL4J's batch norm
 *     ignores the activation set on it. Xavier's range is written out, since DL4J's {@code
 *     XAVIER_UNIFORM} divides a convolution's fan-out by its stride, which nobody else does.
 */
public final class DenseNetGraph {

  /** Name of the graph's input, [n, channels, height, width]. */
  public static final String INPUT = "images";

  /** Name of the output layer, [n, classes], each row a distribution. */
  public static final String OUTPUT = "classifier";

  private final DenseNetSpec spec;
  private final ComputationGraphConfiguration.GraphBuilder graph;
  private final Features images;

  /** What a layer puts out for one image. */
  private record Features(String layer, int channels, int height, int width) {}

  private DenseNetGraph(
      DenseNetSpec spec, ComputationGraphConfiguration.GraphBuilder graph, Features images) {
    this.spec = spec;
    this.graph = graph;
    this.images = images;
  }

  /**
   * The graph for images of one size.
   *
   * @param channels channels of an image
   * @param height rows of an image
   * @param width columns of an image
   * @param updater DL4J's update rule, with its learning rate
   * @param l2 coefficient of L2 regularisation of weights; 0: none
   * @param seed seed of the initial parameters
   * @throws IllegalArgumentException when {@code l2} is negative
   * @throws ModelException when the images are so small that a layer is left without input, naming
   *     the layer
   */
  public static ComputationGraphConfiguration configuration(
      DenseNetSpec spec,
      int channels,
      int height,
      int width,
      IUpdater updater,
      double l2,
      long seed) {
    requireImages(spec, channels, height, width);
    NeuralNetConfiguration.Builder defaults =
        new NeuralNetConfiguration.Builder()
            .seed(seed)
            .updater(updater)
            .weightInit(WeightInit.RELU)
            .activation(Activation.IDENTITY)
            .convolutionMode(ConvolutionMode.Truncate);
    if (!(l2 >= 0)) {
      throw new IllegalArgumentException("l2 must be 0 (none) or more, was " + l2);
    }
    if (l2 > 0) {
      defaults.l2(l2);
    }
    ComputationGraphConfiguration.GraphBuilder graph =
        defaults
            .graphBuilder()
            .addInputs(INPUT)
            .setInputTypes(InputType.convolutional(height, width, channels));
    return new DenseNetGraph(spec, graph, new Features(INPUT, channels, height, width)).build();
  }

  private ComputationGraphConfiguration build() {
    Features x = stem(images);
    int blocks = spec.blockLayers().size();
    for (int b = 1; b <= blocks; b++) {
      x = denseBlock("block" + b, x, spec.blockLayers().get(b - 1));
      if (b < blocks) {
        x = transition("transition" + b, x);
      }
    }
    classifier(x);
    return graph.setOutputs(OUTPUT).build();
  }

  private Features stem(Features input) {
    DenseNetSpec.Stem stem = spec.stem();
    Features x = convolution("stem", input, stem.channels(), stem.kernel(), stem.stride());
    if (stem.normalised()) {
      x = normRelu("stem", x);
    }
    return stem.maxPool() ? pool("stem", x, PoolingType.MAX, 3, 1) : x;
  }

  private Features denseBlock(String name, Features input, int layers) {
    List<Features> features = new ArrayList<>(List.of(input));
    for (int n = 1; n <= layers; n++) {
      String layer = name + "-layer" + n;
      features.add(denseLayer(layer, concat(layer, features)));
    }
    return concat(name, features);
  }

  private Features denseLayer(String name, Features input) {
    Features x = input;
    if (spec.bottleneckFactor() > 0) {
      String bottleneck = name + "-bottleneck";
      x = normRelu(bottleneck, x);
      x = convolution(bottleneck, x, spec.bottleneckFactor() * spec.growthRate(), 1, 1);
      x = dropout(bottleneck, x);
    }
    x = normRelu(name, x);
    x = convolution(name, x, spec.growthRate(), 3, 1);
    return dropout(name, x);
  }

  private Features transition(String name, Features input) {
    Features x = normRelu(name, input);
    x = convolution(name, x, spec.compressed(input.channels()), 1, 1);
    x = dropout(name, x);
    return pool(name, x, PoolingType.AVG, 2, 0);
  }

  private void classifier(Features input) {
    Features x = normRelu("final", input);
    int classes =
        spec.classes().orElseThrow(() -> new ModelException("the number of classes is not known"));
    graph.addLayer("final-pool", new GlobalPoolingLayer(PoolingType.AVG), x.layer());
    OutputLayer.Builder output =
        new OutputLayer.Builder(LossFunction.MCXENT).nOut(classes).activation(Activation.SOFTMAX);
    switch (spec.initialisation()) {
      case HE -> output.weightInit(WeightInit.XAVIER);
      case XAVIER -> output.weightInit(xavier(x.channels(), classes));
    }
    graph.addLayer(OUTPUT, output.build(), "final-pool");
  }

  private static UniformDistribution xavier(int fanIn, int fanOut) {
    double bound = Math.sqrt(6.0 / (fanIn + fanOut));
    return new UniformDistribution(-bound, bound);
  }

  private Features normRelu(String name, Features input) {
    BatchNormalization norm =
        new BatchNormalization.Builder()
            .decay(spec.batchNormDecay())
            .eps(spec.batchNormEpsilon())
            .build();
    ActivationLayer relu = new ActivationLayer(Activation.RELU);
    return sameSize(name + "-relu", relu, sameSize(name + "-norm", norm, input));
  }

  private Features dropout(String name, Features input) {
    if (spec.dropout() == 0) {
      return input;
    }
    // DL4J's number is the probability of keeping an activation.
    return sameSize(name + "-dropout", new DropoutLayer(1 - spec.dropout()), input);
  }

  private Features convolution(String name, Features input, int channels, int kernel, int stride) {
    int padding = (kernel - 1) / 2;
    ConvolutionLayer.Builder convolution =
        new ConvolutionLayer.Builder(kernel, kernel)
            .stride(stride, stride)
            .padding(padding, padding)
            .nOut(channels)
            .hasBias(spec.convolutionBias());
    switch (spec.initialisation()) {
      case HE -> convolution.weightInit(WeightInit.RELU);
      case XAVIER -> {
        int places = kernel * kernel;
        convolution.weightInit(xavier(input.channels() * places, channels * places));
      }
    }
    graph.addLayer(name + "-conv", convolution.build(), input.layer());
    return new Features(
        name + "-conv",
        channels,
        windows(input.height(), kernel, stride, padding),
        windows(input.width(), kernel, stride, padding));
  }

  /** A pool of stride 2. */
  private Features pool(String name, Features input, PoolingType type, int kernel, int padding) {
    String layer = name + "-pool";
    int height = windows(input.height(), kernel, 2, padding);
    int width = windows(input.width(), kernel, 2, padding);
    if (height < 1 || width < 1) {
      throw new ModelException(
          Text.format(
              "layer %s of %s pools %dx%d windows and is left with %dx%d of an image of %dx%d: "
                  + "use images of at least %dx%d or fewer blocks",
              layer,
              spec.name(),
              kernel,
              kernel,
              input.height(),
              input.width(),
              images.height(),
              images.width(),
              spec.minimumImageSide(),
              spec.minimumImageSide()));
    }
    SubsamplingLayer pool =
        new SubsamplingLayer.Builder(type)
            .kernelSize(kernel, kernel)
            .stride(2, 2)
            .padding(padding, padding)
            .build();
    graph.addLayer(layer, pool, input.layer());
    return new Features(layer, input.channels(), height, width);
  }

  private Features concat(String name, List<Features> features) {
    Features first = features.get(0);
    if (features.size() == 1) {
      return first;
    }
    String layer = name + "-concat";
    String[] inputs = features.stream().map(Features::layer).toArray(String[]::new);
    graph.addVertex(layer, new MergeVertex(), inputs);
    int channels = features.stream().mapToInt(Features::channels).sum();
    return new Features(layer, channels, first.height(), first.width());
  }

  private Features sameSize(String name, Layer layer, Features input) {
    graph.addLayer(name, layer, input.layer());
    return new Features(name, input.channels(), input.height(), input.width());
  }

  /** Places of a window along a padded side, incomplete ones left out. */
  private static int windows(int side, int kernel, int stride, int padding) {
    return Math.floorDiv(side + 2 * padding - kernel, stride) + 1;
  }

  private static void requireImages(DenseNetSpec spec, int channels, int height, int width) {
    if (channels < 1 || height < 1 || width < 1) {
      throw new ModelException(
          Text.format(
              "%s needs images of at least 1 channel, row and column, got %dx%dx%d",
              spec.name(), channels, height, width));
    }
  }
}
