package io.densespark.engine.plan;

import io.densespark.engine.graph.NormParameters;
import io.densespark.engine.graph.Slice;
import io.densespark.engine.plan.Tensor.Rows;
import io.densespark.engine.plan.Tensor.Vector;
import java.util.List;

/**
 * A graph lowered for one number of images and one purpose.
 *
 * @param images number of images of one call
 * @param buffers buffer {@code i} has id {@code i}
 * @param instructions in the order of their execution
 * @param constants vectors filled once
 * @param loads vectors read from the flat parameters before each call
 * @param stores vectors written to the flat gradient after each call
 * @param statistics running statistics whose change goes to the flat gradient after each call
 * @param output the network's output
 */
public record Program(
    int images,
    List<Buffer> buffers,
    List<Instruction> instructions,
    List<VectorConstant> constants,
    List<VectorLoad> loads,
    List<VectorStore> stores,
    List<StatisticsStore> statistics,
    Rows output) {

  /** Size of a buffer that only the native library knows. */
  public static final long LIBRARY_SIZED = -1;

  public Program {
    buffers = List.copyOf(buffers);
    instructions = List.copyOf(instructions);
    constants = List.copyOf(constants);
    loads = List.copyOf(loads);
    stores = List.copyOf(stores);
    statistics = List.copyOf(statistics);
  }

  /**
   * Bytes that a program needs.
   *
   * @param bytes its size, or {@link #LIBRARY_SIZED}
   * @param pinned whether it keeps its contents from call to call, starting as zeros
   */
  public record Buffer(int id, String name, long bytes, boolean pinned) {}

  /** A vector's channels set to one value. */
  public record VectorConstant(float value, ChannelMap channels, Vector vector) {}

  /** What happens to parameters on their way into a vector. */
  public enum Conversion {
    NONE,
    /** s becomes (10^s)^2: DL4J's log10 of the deviation to a variance. */
    LOG_STD_TO_VARIANCE
  }

  /** Parameters that fill a vector's channels. */
  public record VectorLoad(
      Slice slice, ChannelMap channels, Vector vector, Conversion conversion) {}

  /** A vector's channels that are a gradient. */
  public record VectorStore(Vector vector, ChannelMap channels, Slice slice) {}

  /** A minibatch's statistics, to be delivered as the gradient of the running ones. */
  public record StatisticsStore(
      NormParameters norm, Vector mean, Vector variance, ChannelMap channels) {}
}
