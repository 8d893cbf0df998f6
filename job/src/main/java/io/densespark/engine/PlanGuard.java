package io.densespark.engine;

import io.densespark.text.Text;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Refuses calls that a plan cannot serve: from another thread, after closing, or with arrays of the
 * wrong shape, type or layout. Shared by the engines so that a mistake reads the same on each.
 *
 * <p>Arrays must be dense and row-major, because native engines read them through one pointer.
 * Views with an offset are fine.
 */
public final class PlanGuard {

  private static final int BATCH = 0;

  private final PlanConfig config;
  private final long parameterCount;
  private final long classes;
  private final Thread owner = Thread.currentThread();
  private boolean closed;

  /**
   * Binds the plan to the current thread.
   *
   * @param config what the plan was compiled for
   * @param parameterCount length of the flat parameter vector
   * @param classes width of the output layer
   */
  public PlanGuard(PlanConfig config, long parameterCount, long classes) {
    this.config = config;
    this.parameterCount = parameterCount;
    this.classes = classes;
  }

  /**
   * Checks a call of {@link Plan#gradient}.
   *
   * @return the number of examples
   * @throws IllegalStateException when the plan is closed, for inference only, or another thread's
   * @throws IllegalArgumentException when an array does not fit
   */
  public int admitGradient(
      INDArray parameters, INDArray features, INDArray labels, INDArray gradient) {
    int examples = admitBatch(features, labels);
    requireVector("parameters", parameters);
    requireVector("gradient", gradient);
    return examples;
  }

  /** The same for {@link DeviceModel#stage}, whose vectors are on the device. */
  public int admitBatch(INDArray features, INDArray labels) {
    admitCall();
    if (config.purpose() != PlanConfig.Purpose.TRAINING) {
      throw new IllegalStateException(
          "This plan was compiled for INFERENCE and has no gradient; compile it with purpose"
              + " TRAINING");
    }
    int examples = requireImages(features);
    requireRows("labels", labels, examples);
    return examples;
  }

  /**
   * Checks a call of {@link Plan#infer}.
   *
   * @return the number of examples
   * @throws IllegalStateException when the plan is closed or another thread's
   * @throws IllegalArgumentException when an array does not fit
   */
  public int admitInference(INDArray parameters, INDArray features, INDArray probabilities) {
    admitCall();
    requireVector("parameters", parameters);
    int examples = requireImages(features);
    requireRows("probabilities", probabilities, examples);
    return examples;
  }

  /** Marks the plan closed. True the first time, false ever after. */
  public boolean close() {
    boolean first = !closed;
    closed = true;
    return first;
  }

  private void admitCall() {
    Thread caller = Thread.currentThread();
    if (caller != owner) {
      throw new IllegalStateException(
          Text.format(
              "This plan belongs to the thread '%s' that compiled it and was called from '%s'; compile one plan per thread",
              owner.getName(), caller.getName()));
    }
    if (closed) {
      throw new IllegalStateException("This plan is closed; compile a new one");
    }
  }

  private void requireVector(String name, INDArray array) {
    boolean fits =
        array.dataType() == DataType.FLOAT
            && Arrays.equals(array.shape(), new long[] {1, parameterCount})
            && isDenseRowMajor(array);
    if (!fits) {
      throw refused(name, array, Text.format("FLOAT [1, %d]", parameterCount));
    }
  }

  private int requireImages(INDArray features) {
    boolean typed = features.dataType() == DataType.FLOAT || features.dataType() == DataType.UINT8;
    long[] shape = features.shape();
    boolean shaped =
        shape.length == 4
            && shape[BATCH] >= 1
            && shape[BATCH] <= config.batchSize()
            && shape[1] == config.channels()
            && shape[2] == config.height()
            && shape[3] == config.width();
    if (!typed || !shaped || !isDenseRowMajor(features)) {
      throw refused(
          "features",
          features,
          Text.format(
              "FLOAT or UINT8 [n, %d, %d, %d] with 1 <= n <= %d",
              config.channels(), config.height(), config.width(), config.batchSize()));
    }
    return (int) shape[BATCH];
  }

  private void requireRows(String name, INDArray array, int examples) {
    boolean fits =
        array.dataType() == DataType.FLOAT
            && Arrays.equals(array.shape(), new long[] {examples, classes})
            && isDenseRowMajor(array);
    if (!fits) {
      throw refused(name, array, Text.format("FLOAT [%d, %d]", examples, classes));
    }
  }

  private static IllegalArgumentException refused(String name, INDArray array, String allowed) {
    return new IllegalArgumentException(
        Text.format(
            "%s: got %s %s%s, but this plan takes %s, dense and row-major",
            name,
            array.dataType(),
            Arrays.toString(array.shape()),
            isDenseRowMajor(array) ? "" : " with strides " + Arrays.toString(array.stride()),
            allowed));
  }

  /** Whether the elements lie one behind the other, the last dimension fastest. */
  private static boolean isDenseRowMajor(INDArray array) {
    if (array.isEmpty()) {
      return false;
    }
    long expected = 1;
    for (int dimension = array.rank() - 1; dimension >= 0; dimension--) {
      long size = array.size(dimension);
      if (size != 1 && array.stride(dimension) != expected) {
        return false;
      }
      expected *= size;
    }
    return true;
  }
}
