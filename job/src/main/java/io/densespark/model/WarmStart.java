package io.densespark.model;

import io.densespark.text.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Training that begins from the parameters of another net. Nets fit when their layers hold
 * parameters of the same kinds and shapes in the same order, whatever the layers are called.
 */
public final class WarmStart {

  private static final int NAMED = 5;

  private WarmStart() {}

  /**
   * Copies all parameters, batch norm's running statistics included; updater state and counters of
   * both nets stay as they are.
   *
   * @param source where the trained net comes from, for messages
   * @throws ModelException when the nets do not fit, naming the layers that differ, or a parameter
   *     is not finite
   */
  public static void copyParameters(ComputationGraph trained, ComputationGraph to, String source) {
    Map<String, String> found = shapes(trained);
    Map<String, String> wanted = shapes(to);
    if (!kinds(found).equals(kinds(wanted))) {
      throw new ModelException(
          Text.format(
              "%s cannot be trained on: it has %,d parameters, the net of these settings %,d; %s. Choose another model, or set model.* as it was trained",
              source, trained.numParams(), to.numParams(), differences(found, wanted)));
    }
    INDArray values = trained.params().castTo(DataType.FLOAT);
    if (!Double.isFinite(values.sumNumber().doubleValue())) {
      throw new ModelException(
          source + " holds parameters that are not finite: choose a model that did not diverge");
    }
    to.params().assign(values);
  }

  /** By layer and parameter, in the order of the flat vector. */
  private static Map<String, String> shapes(ComputationGraph graph) {
    Map<String, String> shapes = new LinkedHashMap<>();
    for (Layer layer : graph.getLayers()) {
      layer
          .paramTable()
          .forEach(
              (key, array) ->
                  shapes.put(
                      layer.conf().getLayer().getLayerName() + "." + key,
                      Arrays.toString(array.shape())));
    }
    return shapes;
  }

  /** What has to be equal: the kind of each parameter and its shape. */
  private static List<String> kinds(Map<String, String> shapes) {
    return shapes.entrySet().stream()
        .map(entry -> entry.getKey().substring(entry.getKey().lastIndexOf('.')) + entry.getValue())
        .toList();
  }

  private static String differences(Map<String, String> found, Map<String, String> wanted) {
    List<String> differences = new ArrayList<>();
    wanted.forEach(
        (name, shape) -> {
          if (!found.containsKey(name)) {
            differences.add("it has no " + name + " " + shape);
          } else if (!found.get(name).equals(shape)) {
            differences.add(Text.format("%s is %s, not %s", name, found.get(name), shape));
          }
        });
    found.forEach(
        (name, shape) -> {
          if (!wanted.containsKey(name)) {
            differences.add(Text.format("its %s %s is not wanted", name, shape));
          }
        });
    int more = differences.size() - NAMED;
    return String.join("; ", differences.subList(0, Math.min(NAMED, differences.size())))
        + (more > 0 ? Text.format("; and %d more", more) : "")
        + (differences.isEmpty() ? "the same layers stand in another order" : "");
  }
}
