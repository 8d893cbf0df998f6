package io.densespark.engine.plan;

import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.Node;
import io.densespark.engine.graph.Shape;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;

/** The tensors of a graph's values for one number of images and type of image values. */
final class Values {
  private final Tensor[] tensors;

  private final int images;
  private final int block;
  private final Element element;

  Values(
      Graph graph, Placement placement, Buffers buffers, int images, int block, Element element) {
    this.images = images;
    this.block = block;
    this.element = element;
    tensors = new Tensor[graph.nodes().size()];
    int[] bufferOfRoot = new int[graph.nodes().size()];
    for (Node node : graph.nodes()) {
      if (placement.root(node.id()) == node.id()) {
        bufferOfRoot[node.id()] =
            buffers.temporary(node.name(), tensor(graph, placement, node, 0).bytes());
      }
    }
    for (Node node : graph.nodes()) {
      int buffer = bufferOfRoot[placement.root(node.id())];
      tensors[node.id()] = tensor(graph, placement, node, buffer);
    }
  }

  private Tensor tensor(Graph graph, Placement placement, Node node, int buffer) {
    if (node.shape() instanceof Shape.Row row) {
      return new Rows(buffer, images, row.features());
    }
    Shape.Image image = node.image();
    return new Image(
        buffer,
        placement.firstChannel(node.id()),
        placement.channels(node.id()),
        images,
        image.height(),
        image.width(),
        Placement.isPlain(graph, node) ? 1 : block,
        element);
  }

  Tensor of(Node node) {
    return tensors[node.id()];
  }

  Image image(Node node) {
    return (Image) tensors[node.id()];
  }

  Rows rows(Node node) {
    return (Rows) tensors[node.id()];
  }
}
