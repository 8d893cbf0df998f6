package io.densespark.engine.plan;

import io.densespark.engine.graph.Node;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Shape;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;
import java.util.List;
import java.util.Optional;

/**
 * Writes the backward half of a training program: nodes in reverse order, each turning the gradient
 * of its output into contributions to its inputs' gradients and its parameters' gradients. Inputs
 * that no parameter influences get none.
 */
final class Backward {
  private final Lowering lowering;
  private final Gradients gradients;
  private final boolean[] wanted;

  Backward(Lowering lowering) {
    this.lowering = lowering;
    this.gradients =
        new Gradients(
            lowering.graph,
            lowering.placement,
            lowering.buffers,
            lowering.instructions,
            lowering.values::of);
    this.wanted = new boolean[lowering.graph.nodes().size()];
    for (Node node : lowering.graph.nodes()) {
      wanted[node.id()] =
          !node.op().parameters().isEmpty() || node.inputs().stream().anyMatch(i -> wanted[i]);
    }
  }

  void run() {
    List<Node> nodes = lowering.graph.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (wanted[i]) {
        backward(nodes.get(i));
      }
    }
  }

  private Node node(int id) {
    return lowering.graph.node(id);
  }

  private void backward(Node node) {
    Op op = node.op();
    if (op instanceof Op.SoftmaxLoss loss) {
      Rows probabilities = lowering.rows(node.id());
      gradients.contribute(
          node(node.input()),
          null,
          d -> List.of(new Instruction.CrossEntropy(loss, probabilities, (Rows) d)));
    } else if (op instanceof Op.Dense dense) {
      dense(node, dense);
    } else if (op instanceof Op.Convolution convolution) {
      convolution(node, convolution);
    } else if (op instanceof Op.BatchNorm norm) {
      norm(node, norm);
    } else if (op instanceof Op.Concat) {
      concat(node);
    } else {
      withoutParameters(node);
    }
  }

  private void withoutParameters(Node node) {
    Op op = node.op();
    Tensor dDst = gradients.of(node);
    if (op instanceof Op.Activate activate) {
      Tensor src = lowering.value(node.input());
      gradients.contribute(
          node(node.input()),
          dDst,
          dSrc ->
              List.of(new Instruction.ActivateBackward(activate.activation(), src, dDst, dSrc)));
    } else if (op instanceof Op.Pool pool) {
      Optional<Integer> workspace = Optional.ofNullable(lowering.poolWorkspaces.get(node.id()));
      gradients.contribute(
          node(node.input()),
          null,
          dSrc ->
              List.of(
                  new Instruction.PoolBackward(
                      pool.kind(), pool.window(), (Image) dDst, (Image) dSrc, workspace)));
    } else if (op instanceof Op.Dropout) {
      Tensor mask = lowering.dropoutMasks.get(node.id());
      gradients.contribute(
          node(node.input()), dDst, dSrc -> List.of(new Instruction.Product(dDst, mask, dSrc)));
    } else if (op instanceof Op.Flatten) {
      gradients.contribute(
          node(node.input()),
          null,
          dSrc -> List.of(new Instruction.Unflatten((Rows) dDst, (Image) dSrc)));
    } else if (op instanceof Op.Add) {
      for (int input : node.inputs()) {
        if (wanted[input]) {
          gradients.contribute(node(input), lowering.laidOutLike(lowering.value(input), dDst));
        }
      }
    } else {
      throw new IllegalStateException("no gradient for " + op);
    }
  }

  private void dense(Node node, Op.Dense dense) {
    Rows dDst = gradients.rows(node);
    lowering.instructions.add(
        new Instruction.DenseBackwardWeights(dense, lowering.rows(node.input()), dDst));
    if (wanted[node.input()]) {
      gradients.contribute(
          node(node.input()),
          null,
          dSrc -> List.of(new Instruction.DenseBackwardData(dense, dDst, (Rows) dSrc)));
    }
  }

  private void convolution(Node node, Op.Convolution convolution) {
    Image dDst = gradients.image(node);
    lowering.convolutions.backwardWeights(node, convolution, dDst);
    if (wanted[node.input()]) {
      gradients.contribute(
          node(node.input()),
          null,
          dSrc -> lowering.convolutions.backwardData(node, convolution, dDst, (Image) dSrc));
    }
  }

  private void norm(Node node, Op.BatchNorm norm) {
    Tensor dDst = gradients.of(node);
    if (wanted[node.input()]) {
      gradients.contribute(
          node(node.input()), dDst, dSrc -> lowering.norms.backward(node, norm, dDst, dSrc));
    } else {
      lowering.instructions.addAll(lowering.norms.backward(node, norm, dDst, dDst));
    }
  }

  /**
   * Parts inside the concatenation's memory have their gradient already; others get their share.
   */
  private void concat(Node node) {
    int feature = 0;
    for (int i = 0; i < node.inputs().size(); i++) {
      Node input = node(node.inputs().get(i));
      if (node.shape() instanceof Shape.Row) {
        Rows part = lowering.rows(input.id());
        int first = feature;
        feature += part.features();
        if (wanted[input.id()]) {
          Rows whole = gradients.rows(node);
          gradients.contribute(
              input,
              null,
              d ->
                  List.of(
                      new Instruction.CopyFeatures(whole, first, (Rows) d, 0, part.features())));
        }
      } else if (wanted[input.id()] && lowering.placement.isCopied(node.id(), i)) {
        gradients.contribute(input, lowering.part(node, i, gradients.image(node)));
      }
    }
  }
}
