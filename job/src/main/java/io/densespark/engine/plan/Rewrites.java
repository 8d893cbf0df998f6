package io.densespark.engine.plan;

import io.densespark.engine.graph.Activation;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.GraphBuilder;
import io.densespark.engine.graph.Node;
import io.densespark.engine.graph.Op;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Rewrites that merge a node into the node it reads. */
final class Rewrites {
  private Rewrites() {}

  /** Removes dropout, which inference does not apply. */
  static Graph dropDropout(Graph graph) {
    return absorb(
        graph,
        false,
        (before, node) ->
            node.op() instanceof Op.Dropout ? Optional.of(before.op()) : Optional.empty());
  }

  /** Lets a batch norm apply the ReLU that alone reads it. */
  static Graph fuseNormRelu(Graph graph) {
    return absorb(
        graph,
        true,
        (before, node) ->
            before.op() instanceof Op.BatchNorm norm
                    && !norm.relu()
                    && node.op() instanceof Op.Activate activate
                    && activate.activation().equals(Activation.RELU)
                ? Optional.of(new Op.BatchNorm(norm.norm(), true))
                : Optional.empty());
  }

  /**
   * Lets a convolution apply the batch norm that alone reads it: with running statistics both are
   * affine, so the norm's factor goes into the weights and its shift into the bias.
   */
  static Graph foldNorm(Graph graph) {
    return absorb(
        graph,
        true,
        (before, node) ->
            before.op() instanceof Op.Convolution c
                    && c.foldedNorm().isEmpty()
                    && c.activation().isEmpty()
                    && node.op() instanceof Op.BatchNorm norm
                ? Optional.of(
                    c.with(
                        Optional.of(norm.norm()),
                        norm.relu() ? Optional.of(Activation.RELU) : Optional.empty()))
                : Optional.empty());
  }

  /** Lets a convolution apply the activation that alone reads it. */
  static Graph foldActivation(Graph graph) {
    return absorb(
        graph,
        true,
        (before, node) ->
            before.op() instanceof Op.Convolution c
                    && c.activation().isEmpty()
                    && node.op() instanceof Op.Activate activate
                ? Optional.of(c.with(c.foldedNorm(), Optional.of(activate.activation())))
                : Optional.empty());
  }

  /**
   * Rebuilds a graph in which some nodes vanish into their first input.
   *
   * @param alone whether the input must have no other reader
   * @param merged the operation that stands for an input and the node together, or nothing where
   *     both stay
   */
  private static Graph absorb(
      Graph graph, boolean alone, BiFunction<Node, Node, Optional<Op>> merged) {
    List<List<Integer>> consumers = graph.consumers();
    Map<Integer, Op> opOf = new HashMap<>();
    Map<Integer, Integer> absorbedInto = new HashMap<>();
    for (Node node : graph.nodes()) {
      opOf.put(node.id(), node.op());
      if (node.inputs().size() != 1) {
        continue;
      }
      int before = absorbedInto.getOrDefault(node.input(), node.input());
      if (alone && consumers.get(node.input()).size() != 1) {
        continue;
      }
      Node host = withOp(graph.node(before), opOf.get(before));
      merged
          .apply(host, node)
          .ifPresent(
              op -> {
                opOf.put(before, op);
                absorbedInto.put(node.id(), before);
              });
    }
    return rebuild(graph, opOf, absorbedInto);
  }

  private static Node withOp(Node node, Op op) {
    return new Node(node.id(), node.name(), op, node.inputs(), node.shape());
  }

  private static Graph rebuild(
      Graph graph, Map<Integer, Op> opOf, Map<Integer, Integer> absorbedInto) {
    GraphBuilder builder = new GraphBuilder(graph.input().name(), graph.input().image());
    Map<Integer, Integer> newId = new HashMap<>(Map.of(0, 0));
    for (Node node : graph.nodes().subList(1, graph.nodes().size())) {
      Integer host = absorbedInto.get(node.id());
      if (host != null) {
        newId.put(node.id(), newId.get(host));
      } else {
        List<Integer> inputs = node.inputs().stream().map(newId::get).toList();
        newId.put(node.id(), builder.add(node.name(), opOf.get(node.id()), inputs));
      }
    }
    return builder.build(graph.parameterCount());
  }
}
