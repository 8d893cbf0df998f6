package io.densespark.engine.graph;

import java.util.List;

/**
 * An operation at its place in a graph.
 *
 * @param id index of the node in its graph
 * @param name the DL4J vertex it comes from, with a suffix where a vertex became several nodes
 * @param op what it does
 * @param inputs ids of the nodes it reads, in order, all smaller than {@code id}
 * @param shape shape of its output
 */
public record Node(int id, String name, Op op, List<Integer> inputs, Shape shape) {
  public Node {
    inputs = List.copyOf(inputs);
    for (int input : inputs) {
      if (input < 0 || input >= id) {
        throw new IllegalArgumentException(
            "node "
                + id
                + " ("
                + name
                + ") reads node "
                + input
                + ", which does not come before it");
      }
    }
  }

  /** The shape as an image's. */
  public Shape.Image image() {
    if (shape instanceof Shape.Image image) {
      return image;
    }
    throw new IllegalStateException(name + " is a row, not an image");
  }

  /** The only input. */
  public int input() {
    if (inputs.size() != 1) {
      throw new IllegalStateException(name + " has " + inputs.size() + " inputs, not 1");
    }
    return inputs.get(0);
  }
}
