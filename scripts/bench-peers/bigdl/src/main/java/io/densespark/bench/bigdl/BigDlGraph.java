package io.densespark.bench.bigdl;

import com.intel.analytics.bigdl.nn.abstractnn.AbstractModule;
import com.intel.analytics.bigdl.nn.mkldnn.AvgPooling;
import com.intel.analytics.bigdl.nn.mkldnn.DnnGraph;
import com.intel.analytics.bigdl.nn.mkldnn.Input;
import com.intel.analytics.bigdl.nn.mkldnn.JoinTable;
import com.intel.analytics.bigdl.nn.mkldnn.Linear;
import com.intel.analytics.bigdl.nn.mkldnn.MaxPooling;
import com.intel.analytics.bigdl.nn.mkldnn.Output;
import com.intel.analytics.bigdl.nn.mkldnn.ReLU;
import com.intel.analytics.bigdl.nn.mkldnn.SpatialBatchNormalization;
import com.intel.analytics.bigdl.nn.mkldnn.SpatialConvolution;
import com.intel.analytics.bigdl.utils.Edge;
import com.intel.analytics.bigdl.utils.Node;
import io.densespark.bench.Net;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Builds the net of BigDL's own MKL-DNN layers.
 *
 * <p>BigDL's pools round sizes up. Where the net rounds down, a padded pool is padded on the far
 * side only, and an unpadded one has its window widened by what is left over: all tensors then have
 * the sizes that they have elsewhere.
 */
@SuppressWarnings({"rawtypes", "unchecked"})
final class BigDlGraph {

  private static final double NORM_MOMENTUM = 0.1;

  /** Codes of oneDNN's layouts in BigDL's binding. */
  private static final int NC = com.intel.analytics.bigdl.mkl.Memory.Format.nc;

  private static final int NCHW = com.intel.analytics.bigdl.mkl.Memory.Format.nchw;

  /** Padding by which a pool of stride s leaves a side of n as n / s, rounded up. */
  private static final int SAME = -1;

  /** Dimensions are counted from 1. */
  private static final int CHANNELS = 2;

  private final int batch;
  private final Net net;

  /** Side of each layer's output. */
  private final Map<String, Integer> side = new HashMap<>();

  BigDlGraph(int batch, Net net) {
    this.batch = batch;
    this.net = net;
  }

  DnnGraph build() {
    Map<String, Node> nodes = new HashMap<>();
    int[] shape = {batch, net.channels(), net.height(), net.width()};
    Node input = new Node(new Input(shape, NCHW));
    nodes.put(Net.IMAGES, input);
    side.put(Net.IMAGES, net.height());
    Node last = input;
    for (Net.Layer layer : net.layers()) {
      last = new Node(module(layer));
      for (String from : layer.inputs()) {
        nodes.get(from).add(last, new Edge(Option.empty()));
      }
      nodes.put(layer.name(), last);
    }
    Node output = new Node(new Output(NC, NC));
    last.add(output, new Edge(Option.empty()));
    return new DnnGraph(sequence(input), sequence(output), Option.empty(), true);
  }

  private static Seq sequence(Node node) {
    return JavaConverters.asScalaBufferConverter(List.of(node)).asScala();
  }

  private AbstractModule module(Net.Layer layer) {
    int in = layer.inChannels();
    int out = layer.outChannels();
    int k = layer.kernel();
    int s = layer.stride();
    int p = layer.padding();
    int before = side.get(layer.input());
    side.put(layer.name(), s == 0 ? before : (before + 2 * p - k) / s + 1);
    int remainder = s == 0 ? 0 : (before + 2 * p - k) % s;
    int window = p == 0 ? k + remainder : k;
    int padding = p > 0 && remainder > 0 ? SAME : p;
    return switch (layer.kind()) {
      case CONVOLUTION ->
          new SpatialConvolution(
              in,
              out,
              k,
              k,
              s,
              s,
              p,
              p,
              1,
              !layer.input().equals(Net.IMAGES),
              null,
              null,
              null,
              null,
              null,
              null,
              false,
              BigDl.nchw(),
              1,
              1);
      case NORM ->
          new SpatialBatchNormalization(
              out, Net.NORM_EPSILON, NORM_MOMENTUM, null, null, null, null, BigDl.nchw());
      case RELU -> new ReLU(0);
      case MAX_POOL -> new MaxPooling(window, window, s, s, padding, padding, BigDl.nchw());
      case AVERAGE_POOL ->
          new AvgPooling(window, window, s, s, padding, padding, false, BigDl.nchw());
      case GLOBAL_AVERAGE_POOL -> new AvgPooling(before, before, 1, 1, 0, 0, false, BigDl.nchw());
      case CONCAT -> new JoinTable(CHANNELS);
      case CLASSIFIER -> new Linear(in, out, null, null, null, null, null, null);
    };
  }
}
