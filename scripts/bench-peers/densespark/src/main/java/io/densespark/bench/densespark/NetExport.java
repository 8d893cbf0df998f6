package io.densespark.bench.densespark;

import io.densespark.bench.Net;
import io.densespark.bench.Net.Kind;
import io.densespark.model.ModelSummary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;

/** Writes a preset down layer by layer: {@code NetExport PRESET SIDE CHANNELS FILE}. */
public final class NetExport {

  private NetExport() {}

  /** Writes the file that the arguments name. */
  public static void main(String[] arguments) throws IOException {
    int side = Integer.parseInt(arguments[1]);
    int channels = Integer.parseInt(arguments[2]);
    export(arguments[0], side, channels).write(Path.of(arguments[3]));
  }

  private static Net export(String preset, int side, int channels) {
    ComputationGraphConfiguration graph = BenchGraphs.graph(preset, channels, side, side);
    Map<String, Integer> width = new HashMap<>(Map.of(Net.IMAGES, channels));
    List<Net.Layer> layers = new ArrayList<>();
    for (ModelSummary.Row row : ModelSummary.of(graph, channels, side, side).layers()) {
      List<String> inputs = graph.getVertexInputs().get(row.name());
      int in = inputs.stream().mapToInt(width::get).sum();
      int out = row.outputShape().get(0).intValue();
      layers.add(layer(graph.getVertices().get(row.name()), row.name(), inputs, in, out));
      width.put(row.name(), out);
    }
    int classes = layers.get(layers.size() - 1).outChannels();
    return new Net(preset, channels, side, side, classes, layers);
  }

  private static Net.Layer layer(
      GraphVertex vertex, String name, List<String> inputs, int in, int out) {
    if (vertex instanceof MergeVertex) {
      return plain(Kind.CONCAT, name, inputs, in, out);
    }
    if (!(vertex instanceof LayerVertex layerVertex)) {
      throw unknown(name, vertex);
    }
    Layer layer = layerVertex.getLayerConf().getLayer();
    if (layer instanceof ConvolutionLayer c) {
      return new Net.Layer(
          Kind.CONVOLUTION,
          name,
          inputs,
          in,
          out,
          c.getKernelSize()[0],
          c.getStride()[0],
          c.getPadding()[0]);
    }
    if (layer instanceof SubsamplingLayer p) {
      return new Net.Layer(
          p.getPoolingType() == PoolingType.MAX ? Kind.MAX_POOL : Kind.AVERAGE_POOL,
          name,
          inputs,
          in,
          out,
          p.getKernelSize()[0],
          p.getStride()[0],
          p.getPadding()[0]);
    }
    if (layer instanceof BatchNormalization) {
      return plain(Kind.NORM, name, inputs, in, out);
    }
    if (layer instanceof ActivationLayer) {
      return plain(Kind.RELU, name, inputs, in, out);
    }
    if (layer instanceof GlobalPoolingLayer) {
      return plain(Kind.GLOBAL_AVERAGE_POOL, name, inputs, in, out);
    }
    if (layer instanceof OutputLayer) {
      return plain(Kind.CLASSIFIER, name, inputs, in, out);
    }
    throw unknown(name, layer);
  }

  private static Net.Layer plain(Kind kind, String name, List<String> inputs, int in, int out) {
    return new Net.Layer(kind, name, inputs, in, out, 0, 0, 0);
  }

  private static IllegalArgumentException unknown(String name, Object found) {
    return new IllegalArgumentException(
        "layer %s is a %s, which has no counterpart in the peers"
            .formatted(name, found.getClass().getSimpleName()));
  }
}
