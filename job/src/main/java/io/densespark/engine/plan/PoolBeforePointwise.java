package io.densespark.engine.plan;

import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.GraphBuilder;
import io.densespark.engine.graph.Node;
import io.densespark.engine.graph.Op;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Moves an average pooling before the 1x1 convolution it reads. Both are linear and act on
 * different dimensions, so they commute, bias included, as long as every window lies inside the
 * image; the convolution then works on fewer pixels.
 */
final class PoolBeforePointwise {
  private PoolBeforePointwise() {}

  static Graph apply(Graph graph) {
    List<List<Integer>> consumers = graph.consumers();
    Set<Integer> moved = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Pool pool
          && shrinks(pool)
          && consumers.get(node.input()).size() == 1
          && isBarePointwise(graph.node(node.input()).op())) {
        moved.add(node.input());
      }
    }
    GraphBuilder builder = new GraphBuilder(graph.input().name(), graph.input().image());
    Map<Integer, Integer> newId = new HashMap<>(Map.of(0, 0));
    for (Node node : graph.nodes().subList(1, graph.nodes().size())) {
      if (moved.contains(node.id())) {
        continue;
      }
      if (node.inputs().size() == 1 && moved.contains(node.input())) {
        Node convolution = graph.node(node.input());
        int pooled = builder.add(node.name(), node.op(), List.of(newId.get(convolution.input())));
        newId.put(node.id(), builder.add(convolution.name(), convolution.op(), List.of(pooled)));
      } else {
        List<Integer> inputs = node.inputs().stream().map(newId::get).toList();
        newId.put(node.id(), builder.add(node.name(), node.op(), inputs));
      }
    }
    return builder.build(graph.parameterCount());
  }

  private static boolean shrinks(Op.Pool pool) {
    return pool.kind() != Op.Pool.Kind.MAX
        && !pool.window().pads()
        && pool.window().strideHeight() * pool.window().strideWidth() > 1;
  }

  private static boolean isBarePointwise(Op op) {
    return op instanceof Op.Convolution convolution
        && convolution.window().isPointwise()
        && convolution.foldedNorm().isEmpty()
        && convolution.activation().isEmpty();
  }
}
