package io.densespark.engine.plan;

import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.Node;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The gradients of a program's values. They lie as the values do, so a value inside a
 * concatenation's memory has its gradient inside the gradient of that concatenation, and what
 * readers of the whole contribute reaches the parts without a copy.
 *
 * <p>The first contribution to a channel overwrites, later ones are added; which it is, is known
 * per channel while the program is written.
 */
final class Gradients {
  private final Graph graph;
  private final Placement placement;
  private final Buffers buffers;
  private final List<Instruction> instructions;
  private final Function<Node, Tensor> valueOf;
  private final Map<Integer, Integer> bufferOfRoot = new HashMap<>();
  private final Map<Integer, BitSet> writtenOfRoot = new HashMap<>();

  Gradients(
      Graph graph,
      Placement placement,
      Buffers buffers,
      List<Instruction> instructions,
      Function<Node, Tensor> valueOf) {
    this.graph = graph;
    this.placement = placement;
    this.buffers = buffers;
    this.instructions = instructions;
    this.valueOf = valueOf;
  }

  /** The complete gradient of a node's output, all of whose readers have contributed. */
  Tensor of(Node node) {
    zeroUnwritten(node);
    return view(node);
  }

  /** The complete gradient of an image. */
  Image image(Node node) {
    return (Image) of(node);
  }

  /** The complete gradient of rows. */
  Rows rows(Node node) {
    return (Rows) of(node);
  }

  /**
   * Adds a contribution to a node's gradient.
   *
   * @param scratch a tensor of the node's layout that may hold the contribution where it cannot be
   *     written in place; null to take a new one
   * @param write the instructions that write the contribution to the tensor they are given
   */
  void contribute(Node node, Tensor scratch, Function<Tensor, List<? extends Instruction>> write) {
    Tensor target = view(node);
    BitSet written = written(node);
    int first = first(node);
    int end = first + count(node);
    if (written.get(first, end).isEmpty()) {
      instructions.addAll(write.apply(target));
      written.set(first, end);
      return;
    }
    zeroUnwritten(node);
    Tensor addend = scratch != null ? scratch : temporaryLike(node, target);
    instructions.addAll(write.apply(addend));
    instructions.add(new Instruction.Sum(target, addend, target));
  }

  /** Adds a contribution that exists already, laid out like the node's value. */
  void contribute(Node node, Tensor addend) {
    contribute(
        node,
        addend,
        target ->
            target.equals(addend) ? List.of() : List.of(new Instruction.Copy(addend, target)));
  }

  private void zeroUnwritten(Node node) {
    BitSet written = written(node);
    int first = first(node);
    int end = first + count(node);
    int from = written.nextClearBit(first);
    while (from < end) {
      int next = written.nextSetBit(from);
      int to = next < 0 || next > end ? end : next;
      Tensor view = view(node);
      instructions.add(
          new Instruction.Zero(
              view instanceof Image image ? image.channelRange(from - first, to - from) : view));
      written.set(from, to);
      from = written.nextClearBit(to);
    }
  }

  private Tensor temporaryLike(Node node, Tensor target) {
    return Tensors.rebuffered(
        target, buffers.temporary("d " + node.name() + " addend", target.bytes()), 0);
  }

  private Tensor view(Node node) {
    return Tensors.rebuffered(valueOf.apply(node), gradientBuffer(node), first(node));
  }

  private int gradientBuffer(Node node) {
    Node root = graph.node(placement.root(node.id()));
    return bufferOfRoot.computeIfAbsent(
        root.id(), id -> buffers.temporary("d " + root.name(), valueOf.apply(root).bytes()));
  }

  private BitSet written(Node node) {
    return writtenOfRoot.computeIfAbsent(placement.root(node.id()), id -> new BitSet());
  }

  private int first(Node node) {
    return placement.firstChannel(node.id());
  }

  private int count(Node node) {
    return valueOf.apply(node) instanceof Image image ? image.channels().physical() : 1;
  }
}
