package io.densespark.engine.graph;

import static io.densespark.engine.graph.GraphReader.refuse;

import io.densespark.engine.UnsupportedGraphException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.Pooling2D;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * Reads one layer vertex: its preprocessor, its dropout, the layer itself and its activation become
 * up to four nodes. Layers are told apart by their exact class, since DL4J derives unlike layers
 * from each other.
 */
final class LayerReader {
  private final GraphBuilder graph;
  private final String name;
  private int at;

  LayerReader(GraphBuilder graph, String name, int input) {
    this.graph = graph;
    this.name = name;
    this.at = input;
  }

  /** Appends the vertex's nodes and returns the id of the last. */
  int read(LayerVertex vertex, long offset) {
    readPreProcessor(vertex.getPreProcessor());
    Layer layer = vertex.getLayerConf().getLayer();
    if (layer instanceof BaseLayer base && base.getWeightNoise() != null) {
      throw refuse(name, "weight noise", "none");
    }
    Class<?> type = layer.getClass();
    if (type == ConvolutionLayer.class || type == Convolution2D.class) {
      convolution((ConvolutionLayer) layer, offset);
    } else if (type == BatchNormalization.class) {
      batchNorm((BatchNormalization) layer, offset);
    } else if (type == ActivationLayer.class) {
      activation(((ActivationLayer) layer).getActivationFn(), name);
    } else if (type == SubsamplingLayer.class || type == Pooling2D.class) {
      pooling((SubsamplingLayer) layer);
    } else if (type == GlobalPoolingLayer.class) {
      globalPooling((GlobalPoolingLayer) layer);
    } else if (type == DropoutLayer.class) {
      dropout(layer.getIDropout(), name);
    } else if (type == DenseLayer.class) {
      DenseLayer dense = (DenseLayer) layer;
      if (dense.hasLayerNorm()) {
        throw refuse(name, "layer normalisation", "none");
      }
      dropout(layer.getIDropout(), name + "/dropout");
      dense(dense.getNIn(), dense.getNOut(), dense.isHasBias(), offset);
      activation(dense.getActivationFn(), name + "/activation");
    } else if (type == OutputLayer.class) {
      OutputLayer output = (OutputLayer) layer;
      dropout(layer.getIDropout(), name + "/dropout");
      dense(output.getNIn(), output.getNOut(), output.isHasBias(), offset);
      loss(output.getActivationFn(), output.getLossFn());
    } else if (type == LossLayer.class) {
      loss(((LossLayer) layer).getActivationFn(), ((LossLayer) layer).getLossFn());
    } else {
      throw refuse(
          name,
          "a layer of type " + type.getSimpleName(),
          "ConvolutionLayer, BatchNormalization, ActivationLayer, SubsamplingLayer,"
              + " GlobalPoolingLayer, DropoutLayer, DenseLayer, OutputLayer and LossLayer");
    }
    return at;
  }

  private void add(String nodeName, Op op) {
    at = graph.add(nodeName, op, List.of(at));
  }

  private Shape.Image image() {
    if (graph.shape(at) instanceof Shape.Image image) {
      return image;
    }
    throw refuse(name, "a row as its input", "an image");
  }

  private int features() {
    if (graph.shape(at) instanceof Shape.Row row) {
      return row.features();
    }
    throw refuse(name, "an image as its input", "a row: add a CnnToFeedForwardPreProcessor");
  }

  private void readPreProcessor(InputPreProcessor preProcessor) {
    if (preProcessor == null) {
      return;
    }
    if (preProcessor instanceof CnnToFeedForwardPreProcessor flatten) {
      requireNchw(flatten.getFormat());
      if (graph.shape(at) instanceof Shape.Image) {
        add(name + "/flatten", new Op.Flatten());
      }
      return;
    }
    if (preProcessor instanceof FeedForwardToCnnPreProcessor unflatten
        && at == 0
        && new Shape.Image(
                (int) unflatten.getNumChannels(),
                (int) unflatten.getInputHeight(),
                (int) unflatten.getInputWidth())
            .equals(graph.shape(at))) {
      return;
    }
    throw refuse(
        name,
        "a preprocessor " + preProcessor.getClass().getSimpleName(),
        "CnnToFeedForwardPreProcessor, and FeedForwardToCnnPreProcessor at the input");
  }

  private void convolution(ConvolutionLayer layer, long offset) {
    requireNchw(layer.getCnn2dDataFormat());
    dropout(layer.getIDropout(), name + "/dropout");
    int in = Math.toIntExact(layer.getNIn());
    int out = Math.toIntExact(layer.getNOut());
    if (in != image().channels()) {
      throw new UnsupportedGraphException(
          "vertex '" + name + "' expects " + in + " channels, its input has " + image().channels());
    }
    int[] kernel = layer.getKernelSize();
    Window window =
        Windows.of(
            name,
            image(),
            kernel,
            layer.getStride(),
            layer.getDilation(),
            layer.getPadding(),
            layer.getConvolutionMode());
    long weights = (long) in * out * kernel[0] * kernel[1];
    Optional<Slice> bias = layer.hasBias() ? Optional.of(new Slice(offset, out)) : Optional.empty();
    Slice weightSlice = new Slice(offset + (layer.hasBias() ? out : 0), weights);
    add(name, Op.Convolution.plain(in, out, window, weightSlice, bias));
    activation(layer.getActivationFn(), name + "/activation");
  }

  private void batchNorm(BatchNormalization layer, long offset) {
    requireNchw(layer.getCnn2DFormat());
    int channels = Math.toIntExact(layer.getNOut());
    boolean locked = layer.isLockGammaBeta();
    float gamma = (float) layer.getGamma();
    float beta = (float) layer.getBeta();
    if (locked && (gamma != 1 || beta != 0) && (gamma == 1 || beta == 0)) {
      throw refuse(
          name,
          "gamma and beta locked at " + gamma + " and " + beta + " (DL4J's forward ignores them)",
          "1 and 0, or neither of them");
    }
    long statistics = locked ? offset : offset + 2L * channels;
    NormParameters norm =
        new NormParameters(
            channels,
            locked ? Optional.empty() : Optional.of(new Slice(offset, 2L * channels)),
            gamma,
            beta,
            new Slice(statistics, channels),
            new Slice(statistics + channels, channels),
            layer.isUseLogStd(),
            layer.getEps(),
            layer.getDecay());
    add(name, new Op.BatchNorm(norm, false));
  }

  private void pooling(SubsamplingLayer layer) {
    requireNchw(layer.getCnn2dDataFormat());
    Op.Pool.Kind kind =
        switch (layer.getPoolingType()) {
          case MAX -> Op.Pool.Kind.MAX;
          case AVG ->
              layer.isAvgPoolIncludePadInDivisor()
                  ? Op.Pool.Kind.MEAN_PADDED
                  : Op.Pool.Kind.MEAN_INSIDE;
          default -> throw refuse(name, "pooling of type " + layer.getPoolingType(), "MAX, AVG");
        };
    int[] dilation = layer.getDilation();
    if (kind != Op.Pool.Kind.MAX && (dilation[0] != 1 || dilation[1] != 1)) {
      throw refuse(name, "average pooling with dilation", "dilation 1");
    }
    Window window =
        Windows.of(
            name,
            image(),
            layer.getKernelSize(),
            layer.getStride(),
            dilation,
            layer.getPadding(),
            layer.getConvolutionMode());
    add(name, new Op.Pool(kind, window));
  }

  private void globalPooling(GlobalPoolingLayer layer) {
    int[] dimensions = layer.getPoolingDimensions();
    if (dimensions != null && !Arrays.equals(dimensions, new int[] {2, 3})) {
      throw refuse(name, "pooling over dimensions " + Arrays.toString(dimensions), "2 and 3");
    }
    Shape.Image image = image();
    PoolingType type = layer.getPoolingType();
    Op.Pool.Kind kind =
        switch (type) {
          case MAX -> Op.Pool.Kind.MAX;
          case AVG, SUM -> Op.Pool.Kind.MEAN_INSIDE;
          default -> throw refuse(name, "global pooling of type " + type, "MAX, AVG, SUM");
        };
    int pixels = image.height() * image.width();
    if (pixels > 1) {
      add(name, new Op.Pool(kind, Window.covering(image)));
    }
    if (type == PoolingType.SUM && pixels > 1) {
      add(name + "/sum", new Op.Activate(new Activation(Activation.Function.SCALE, pixels)));
    }
    if (layer.isCollapseDimensions()) {
      add(name + "/flatten", new Op.Flatten());
    }
  }

  private void dense(long nIn, long nOut, boolean hasBias, long offset) {
    int in = Math.toIntExact(nIn);
    int out = Math.toIntExact(nOut);
    if (features() != in) {
      throw new UnsupportedGraphException(
          "vertex '" + name + "' expects " + in + " features, its input has " + features());
    }
    Slice weights = new Slice(offset, (long) in * out);
    Optional<Slice> bias = hasBias ? Optional.of(new Slice(weights.end(), out)) : Optional.empty();
    add(name, new Op.Dense(in, out, weights, bias));
  }

  private void loss(IActivation activation, ILossFunction function) {
    if (!(activation instanceof ActivationSoftmax)) {
      throw refuse(name, "an output activation " + activation, "softmax");
    }
    features();
    // LossNegativeLogLikelihood derives from LossMCXENT and computes the same.
    if (!(function instanceof LossMCXENT crossEntropy)) {
      throw refuse(name, "loss " + function, "LossMCXENT (mcxent) and LossNegativeLogLikelihood");
    }
    List<Float> weights =
        crossEntropy.getWeights() == null
            ? List.of()
            : java.util.stream.DoubleStream.of(crossEntropy.getWeights().toDoubleVector())
                .mapToObj(weight -> (float) weight)
                .toList();
    add(name + "/softmax", new Op.SoftmaxLoss(weights, crossEntropy.getSoftmaxClipEps()));
  }

  private void dropout(IDropout dropout, String nodeName) {
    if (dropout == null) {
      return;
    }
    if (dropout.getClass() != Dropout.class || ((Dropout) dropout).getPSchedule() != null) {
      throw refuse(
          name,
          "dropout of type " + dropout.getClass().getSimpleName() + " or with a schedule",
          "Dropout with a constant probability");
    }
    double keep = ((Dropout) dropout).getP();
    if (keep < 1) {
      add(nodeName, new Op.Dropout(keep, at + 1));
    }
  }

  private void activation(IActivation function, String nodeName) {
    Activations.read(name, function)
        .ifPresent(activation -> add(nodeName, new Op.Activate(activation)));
  }

  private void requireNchw(CNN2DFormat format) {
    if (format != CNN2DFormat.NCHW) {
      throw refuse(name, "data format " + format, "NCHW");
    }
  }
}
