package io.densespark.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * What a graph consists of, counted from its configuration alone: nothing is allocated.
 *
 * @param layers its layers and vertices in the order of execution
 */
public record ModelSummary(List<Row> layers) {

  public ModelSummary {
    layers = List.copyOf(layers);
  }

  /**
   * One layer or vertex.
   *
   * @param name its name in the graph
   * @param type its DL4J type
   * @param outputShape its output for one image, without the batch dimension
   * @param parameters length of its part of the flat parameter vector
   * @param trainableParameters of these, those that the updater changes: all but batch norm's
   *     running statistics
   * @param forwardFlops floating-point operations of convolutions and dense layers for one image, a
   *     multiply-add counted as 2; 0 for all other layers
   */
  public record Row(
      String name,
      String type,
      List<Long> outputShape,
      long parameters,
      long trainableParameters,
      long forwardFlops) {

    public Row {
      outputShape = List.copyOf(outputShape);
    }
  }

  /** Counts a graph that reads one batch of images of the given size. */
  public static ModelSummary of(
      ComputationGraphConfiguration graph, int channels, int height, int width) {
    // Working shapes out writes them into the layers, so it is done on a copy.
    ComputationGraphConfiguration copy = graph.clone();
    Map<String, InputType> outputs =
        copy.getLayerActivationTypes(InputType.convolutional(height, width, channels));
    List<Row> rows = new ArrayList<>();
    outputs.forEach(
        (name, output) -> {
          GraphVertex vertex = copy.getVertices().get(name);
          if (vertex != null) {
            rows.add(row(name, vertex, output));
          }
        });
    return new ModelSummary(rows);
  }

  /** Length of the flat parameter vector, running statistics of batch norm included. */
  public long parameters() {
    return layers.stream().mapToLong(Row::parameters).sum();
  }

  /** Parameters that training changes by gradient. */
  public long trainableParameters() {
    return layers.stream().mapToLong(Row::trainableParameters).sum();
  }

  /**
   * Operations of the forward pass for one image, a multiply-add counted as 2, of the graph as it
   * is written: an engine that reorders layers may do fewer.
   */
  public long forwardFlops() {
    return layers.stream().mapToLong(Row::forwardFlops).sum();
  }

  /**
   * Operations of a training step for one image, by the usual convention of three times the forward
   * pass: forward, gradient of the inputs, gradient of the weights.
   */
  public long trainingFlops() {
    return 3 * forwardFlops();
  }

  private static Row row(String name, GraphVertex vertex, InputType output) {
    // The first entry stands for the batch.
    long[] shape = output.getShape(true);
    List<Long> perImage = Arrays.stream(shape).skip(1).boxed().toList();
    if (!(vertex instanceof LayerVertex layerVertex)) {
      return new Row(name, vertex.getClass().getSimpleName(), perImage, 0, 0, 0);
    }
    Layer layer = layerVertex.getLayerConf().getLayer();
    long parameters = layer.initializer().numParams(layer);
    long runningStatistics = layer instanceof BatchNormalization norm ? 2 * norm.getNOut() : 0;
    return new Row(
        name,
        layer.getClass().getSimpleName(),
        perImage,
        parameters,
        parameters - runningStatistics,
        forwardFlops(layer, parameters, output));
  }

  /** Every weight meets one input at each place of the output; biases are left out. */
  private static long forwardFlops(Layer layer, long parameters, InputType output) {
    if (layer instanceof ConvolutionLayer convolution) {
      InputType.InputTypeConvolutional out = (InputType.InputTypeConvolutional) output;
      long weights = parameters - (convolution.hasBias() ? convolution.getNOut() : 0);
      return 2 * weights * out.getHeight() * out.getWidth();
    }
    if (layer instanceof DenseLayer dense) {
      return 2 * dense.getNIn() * dense.getNOut();
    }
    if (layer instanceof BaseOutputLayer classifier) {
      return 2 * classifier.getNIn() * classifier.getNOut();
    }
    return 0;
  }
}
