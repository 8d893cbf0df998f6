package io.densespark.engine.plan;

import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.Node;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Says for every image node in whose memory it lies. A node lies in its own memory, unless a
 * concatenation has taken it in: then its operation writes straight to its place among the others,
 * and the concatenation itself does nothing.
 *
 * <p>A concatenation takes in an input, or a run of inputs, that fills one memory completely: so
 * {@code x|y} followed by {@code x|y|z} and {@code x|y} followed by {@code (x|y)|z} both end in one
 * memory of {@code x, y, z}. Whatever lies elsewhere already is copied.
 */
final class Placement {
  private final Graph graph;
  private final int block;
  private final ChannelMap[] maps;
  private final int[] parent;
  private final int[] offsetInParent;
  private final List<Set<Integer>> copiedInputs = new ArrayList<>();

  private Placement(Graph graph, int block) {
    int size = graph.nodes().size();
    this.graph = graph;
    this.block = block;
    this.maps = new ChannelMap[size];
    this.parent = new int[size];
    this.offsetInParent = new int[size];
  }

  /**
   * Places the nodes of a graph.
   *
   * @param block channels per block
   * @param elide whether concatenations may take nodes in; otherwise they copy
   */
  static Placement of(Graph graph, int block, boolean elide) {
    Placement placement = new Placement(graph, block);
    for (Node node : graph.nodes()) {
      placement.parent[node.id()] = node.id();
      placement.copiedInputs.add(new HashSet<>());
      if (node.shape() instanceof Shape.Image image) {
        placement.maps[node.id()] = placement.mapOf(node, image);
        if (node.op() instanceof Op.Concat) {
          placement.placeInputs(node, elide);
        }
      }
    }
    return placement;
  }

  /** The node in whose memory this one lies; itself where nothing took it in. */
  int root(int node) {
    return parent[node] == node ? node : root(parent[node]);
  }

  /** First channel of a node in its root's memory. */
  int firstChannel(int node) {
    return parent[node] == node ? 0 : offsetInParent[node] + firstChannel(parent[node]);
  }

  /** Where the channels of an image node lie. */
  ChannelMap channels(int node) {
    return maps[node];
  }

  /** Whether a concatenation must copy its input at this position. */
  boolean isCopied(int concat, int position) {
    return copiedInputs.get(concat).contains(position);
  }

  /** Whether an image stays in the plain layout: few channels, read by convolutions alone. */
  static boolean isPlain(Graph graph, Node node) {
    return node.op() instanceof Op.Input
        && node.image().channels() <= 3
        && graph.consumers().get(node.id()).stream()
            .allMatch(reader -> graph.node(reader).op() instanceof Op.Convolution);
  }

  private ChannelMap mapOf(Node node, Shape.Image image) {
    Op op = node.op();
    if (op instanceof Op.Concat) {
      return ChannelMap.concatenation(node.inputs().stream().map(i -> maps[i]).toList());
    }
    if (op instanceof Op.Convolution) {
      return ChannelMap.of(image.channels(), block);
    }
    if (op instanceof Op.Input) {
      return ChannelMap.of(image.channels(), isPlain(graph, node) ? 1 : block);
    }
    return maps[node.inputs().get(0)];
  }

  private void placeInputs(Node concat, boolean elide) {
    List<Integer> inputs = concat.inputs();
    int at = 0;
    int channel = 0;
    while (at < inputs.size()) {
      int root = root(inputs.get(at));
      int end = elide && root != concat.id() ? endOfRun(inputs, at, root) : at;
      if (end == at) {
        copiedInputs.get(concat.id()).add(at);
        channel += maps[inputs.get(at)].physical();
        at++;
      } else {
        parent[root] = concat.id();
        offsetInParent[root] = channel;
        channel += maps[root].physical();
        at = end;
      }
    }
  }

  /**
   * End of the run of inputs, starting at {@code at}, that fills a root; {@code at} if none does.
   */
  private int endOfRun(List<Integer> inputs, int at, int root) {
    int filled = 0;
    for (int i = at; i < inputs.size(); i++) {
      int input = inputs.get(i);
      if (root(input) != root || firstChannel(input) != filled) {
        return at;
      }
      filled += maps[input].physical();
      if (filled == maps[root].physical()) {
        return i + 1;
      }
    }
    return at;
  }
}
