package io.densespark.engine.graph;

import java.util.ArrayList;
import java.util.List;

/** Collects nodes and works out their shapes. */
public final class GraphBuilder {
  private final List<Node> nodes = new ArrayList<>();

  /** Starts a graph with its input. */
  public GraphBuilder(String name, Shape.Image input) {
    nodes.add(new Node(0, name, new Op.Input(), List.of(), input));
  }

  /** Appends a node and returns its id. */
  public int add(String name, Op op, List<Integer> inputs) {
    nodes.add(new Node(nodes.size(), name, op, inputs, shapeOf(name, op, inputs)));
    return nodes.size() - 1;
  }

  /** The output shape of a node already added. */
  public Shape shape(int id) {
    return nodes.get(id).shape();
  }

  /** The graph of everything added. */
  public Graph build(long parameterCount) {
    return new Graph(nodes, parameterCount);
  }

  private Shape shapeOf(String name, Op op, List<Integer> inputs) {
    if (op instanceof Op.Convolution convolution) {
      return convolution.window().over(image(name, inputs), convolution.outChannels());
    }
    if (op instanceof Op.Pool pool) {
      Shape.Image image = image(name, inputs);
      return pool.window().over(image, image.channels());
    }
    if (op instanceof Op.Flatten) {
      return new Shape.Row(Math.toIntExact(image(name, inputs).elements()));
    }
    if (op instanceof Op.Dense dense) {
      return new Shape.Row(dense.outFeatures());
    }
    if (op instanceof Op.Concat) {
      return concatenated(name, inputs);
    }
    if (op instanceof Op.Add) {
      for (int input : inputs) {
        requireEqual(name, shape(inputs.get(0)), shape(input));
      }
    }
    return shape(inputs.get(0));
  }

  private Shape.Image image(String name, List<Integer> inputs) {
    if (shape(inputs.get(0)) instanceof Shape.Image image) {
      return image;
    }
    throw new IllegalArgumentException(name + " wants an image, its input is a row");
  }

  private Shape concatenated(String name, List<Integer> inputs) {
    int sum = 0;
    for (int input : inputs) {
      if (shape(input) instanceof Shape.Image image
          && shape(inputs.get(0)) instanceof Shape.Image first) {
        requireEqual(name, first, new Shape.Image(first.channels(), image.height(), image.width()));
        sum += image.channels();
      } else if (shape(input) instanceof Shape.Row row
          && shape(inputs.get(0)) instanceof Shape.Row) {
        sum += row.features();
      } else {
        throw new IllegalArgumentException(name + " concatenates images with rows");
      }
    }
    return shape(inputs.get(0)) instanceof Shape.Image first
        ? new Shape.Image(sum, first.height(), first.width())
        : new Shape.Row(sum);
  }

  private static void requireEqual(String name, Shape left, Shape right) {
    if (!left.equals(right)) {
      throw new IllegalArgumentException(name + " joins unequal shapes: " + left + " and " + right);
    }
  }
}
