package io.densespark.engine.graph;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A network as a list of nodes in topological order: the first is the input, the last the loss.
 *
 * @param nodes node {@code i} has id {@code i}
 * @param parameterCount length of the flat parameter vector; the nodes' slices cover it exactly, or
 *     did before a pass dropped nodes that inference does not need
 */
public record Graph(List<Node> nodes, long parameterCount) {

  public Graph {
    nodes = List.copyOf(nodes);
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).id() != i) {
        throw new IllegalArgumentException("node " + i + " calls itself " + nodes.get(i).id());
      }
    }
    if (nodes.isEmpty()
        || !(nodes.get(0).op() instanceof Op.Input)
        || !(nodes.get(nodes.size() - 1).op() instanceof Op.SoftmaxLoss)) {
      throw new IllegalArgumentException("a graph starts with its input and ends with its loss");
    }
  }

  /** The node with this id. */
  public Node node(int id) {
    return nodes.get(id);
  }

  /** The node that holds the network's input. */
  public Node input() {
    return nodes.get(0);
  }

  /** The node whose output is the network's. */
  public Node output() {
    return nodes.get(nodes.size() - 1);
  }

  /** For each node the ids of the nodes that read it, once per use. */
  public List<List<Integer>> consumers() {
    List<List<Integer>> consumers = new ArrayList<>();
    for (Node node : nodes) {
      consumers.add(new ArrayList<>());
      for (int input : node.inputs()) {
        consumers.get(input).add(node.id());
      }
    }
    return consumers;
  }

  /** Fails unless the nodes' slices cover the flat vector, each float once. */
  void requireParametersCovered() {
    List<Slice> slices =
        nodes.stream()
            .flatMap(node -> node.op().parameters().stream())
            .sorted(Comparator.comparingLong(Slice::offset))
            .toList();
    long end = 0;
    for (Slice slice : slices) {
      if (slice.offset() != end) {
        throw new IllegalStateException(
            "parameters are not read exactly once around index " + Math.min(end, slice.offset()));
      }
      end = slice.end();
    }
    if (end != parameterCount) {
      throw new IllegalStateException(
          "operations read " + end + " parameters of " + parameterCount);
    }
  }
}
