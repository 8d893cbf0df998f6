package io.densespark.engine.graph;

import io.densespark.engine.UnsupportedGraphException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Reads a DL4J configuration into a {@link Graph}. Vertices are visited in DL4J's own topological
 * order, which is also the order of its flat parameter vector.
 */
public final class GraphReader {
  private static final int CHANNEL_AXIS = 1;

  private final ComputationGraphConfiguration configuration;
  private final GraphBuilder graph;
  private final Map<String, Integer> nodeOf = new HashMap<>();
  private long parametersRead;

  private GraphReader(ComputationGraphConfiguration configuration, Shape.Image input) {
    this.configuration = configuration;
    String name = configuration.getNetworkInputs().get(0);
    this.graph = new GraphBuilder(name, input);
    nodeOf.put(name, 0);
  }

  /**
   * The graph of a configuration over images of one shape.
   *
   * @throws UnsupportedGraphException naming the vertex and what about it is not known
   */
  public static Graph read(ComputationGraphConfiguration configuration, Shape.Image input) {
    requireSupported(configuration);
    return new GraphReader(configuration, input).read();
  }

  private static void requireSupported(ComputationGraphConfiguration configuration) {
    if (configuration.getNetworkInputs().size() != 1
        || configuration.getNetworkOutputs().size() != 1) {
      throw new UnsupportedGraphException(
          "the graph has inputs "
              + configuration.getNetworkInputs()
              + " and outputs "
              + configuration.getNetworkOutputs()
              + "; one of each is supported");
    }
    if (configuration.getDataType() != DataType.FLOAT) {
      throw new UnsupportedGraphException(
          "the graph's data type is " + configuration.getDataType() + "; FLOAT is supported");
    }
    if (configuration.getBackpropType() != BackpropType.Standard) {
      throw new UnsupportedGraphException(
          "back-propagation is "
              + configuration.getBackpropType()
              + "; "
              + BackpropType.Standard
              + " is supported");
    }
  }

  private Graph read() {
    Map<String, GraphVertex> vertices = configuration.getVertices();
    Set<String> useful = verticesThatReachTheOutput();
    for (String name : topologicalOrder()) {
      if (nodeOf.containsKey(name)) {
        continue;
      }
      if (!useful.contains(name)) {
        throw new UnsupportedGraphException(
            "vertex '" + name + "' does not lead to the output; remove it");
      }
      nodeOf.put(name, readVertex(name, vertices.get(name)));
    }
    Graph result = graph.build(parametersRead);
    result.requireParametersCovered();
    return result;
  }

  private List<String> topologicalOrder() {
    // DL4J caches the order in the configuration that it is asked about; ours stays as it was.
    var indices = new ComputationGraph(configuration.clone()).calculateIndices();
    return java.util.Arrays.stream(indices.getTopologicalSortOrder())
        .mapToObj(index -> indices.getIdxToName().get(index))
        .toList();
  }

  private Set<String> verticesThatReachTheOutput() {
    Set<String> useful = new HashSet<>();
    Deque<String> pending = new ArrayDeque<>(configuration.getNetworkOutputs());
    while (!pending.isEmpty()) {
      String name = pending.pop();
      if (useful.add(name)) {
        pending.addAll(configuration.getVertexInputs().getOrDefault(name, List.of()));
      }
    }
    return useful;
  }

  private int readVertex(String name, GraphVertex vertex) {
    List<Integer> inputs =
        configuration.getVertexInputs().get(name).stream().map(nodeOf::get).toList();
    if (vertex instanceof LayerVertex layer) {
      long offset = parametersRead;
      parametersRead += vertex.numParams(true);
      return new LayerReader(graph, name, inputs.get(0)).read(layer, offset);
    }
    if (vertex instanceof MergeVertex merge) {
      if (merge.getMergeAxis() != CHANNEL_AXIS) {
        throw refuse(name, "a merge along axis " + merge.getMergeAxis(), "axis 1");
      }
      return inputs.size() == 1 ? inputs.get(0) : graph.add(name, new Op.Concat(), inputs);
    }
    if (vertex instanceof ElementWiseVertex elementWise) {
      if (elementWise.getOp() != ElementWiseVertex.Op.Add) {
        throw refuse(name, "elementwise " + elementWise.getOp(), "Add");
      }
      for (int input : inputs) {
        if (!graph.shape(input).equals(graph.shape(inputs.get(0)))) {
          throw refuse(name, "an Add that broadcasts", "equal shapes");
        }
      }
      return inputs.size() == 1 ? inputs.get(0) : graph.add(name, new Op.Add(), inputs);
    }
    throw refuse(
        name,
        "a vertex of type " + vertex.getClass().getSimpleName(),
        "layers, MergeVertex and ElementWiseVertex Add");
  }

  /** The refusal of something about a vertex, with what would do. */
  static UnsupportedGraphException refuse(String vertex, String met, String supported) {
    return new UnsupportedGraphException(
        "vertex '"
            + vertex
            + "' has "
            + met
            + ", which the compiled engine does not compute; supported: "
            + supported
            + ". Change the vertex, or set engine = nd4j");
  }
}
