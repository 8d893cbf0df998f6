package io.densespark.train;

import io.densespark.engine.DeviceModel;
import io.densespark.engine.DeviceModel.Vector;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * The flat gradient of a replica, in DL4J's order. Running statistics of batch norm travel inside
 * it, as steps towards the batch's statistics. They are means, not sums: {@link #weighStatistics}
 * scales them by a replica's share of the examples, after which adding replicas averages them.
 */
public final class FlatGradient {

  /** Values that are read at a time. */
  private static final int TILE = 4096;

  private final ModelVectors vectors;
  private final List<ParameterRange> statistics;
  private final int statisticsLength;
  private final float[] tile = new float[TILE];

  /**
   * @param vectors of the replica whose gradient it is
   * @param statistics where the steps of the running statistics lie
   */
  FlatGradient(ModelVectors vectors, List<ParameterRange> statistics) {
    this.vectors = vectors;
    this.statistics = statistics;
    this.statisticsLength = statistics.stream().mapToInt(ParameterRange::length).sum();
  }

  /** Its memory here, [parameterCount], until the next gradient is computed. */
  public FloatBuffer values() {
    return vectors.change(Vector.GRADIENT);
  }

  /** Its memory here, for other values: those that it holds are lost. */
  public FloatBuffer overwritten() {
    vectors.replaced(Vector.GRADIENT);
    return vectors.change(Vector.GRADIENT);
  }

  /** The device that has its newest values; empty where it is computed on this machine. */
  public Optional<DeviceModel> device() {
    return vectors.onDevice() ? Optional.of(vectors.there(Vector.GRADIENT)) : Optional.empty();
  }

  /** The device has overwritten it. */
  public void changedOnDevice() {
    vectors.changedThere(Vector.GRADIENT);
  }

  /** Sets it to zero: what a replica without examples adds to a step. */
  public void clear() {
    FloatBuffer values = overwritten();
    values.put(new float[values.capacity()]);
  }

  /** Scales the steps of the running statistics by {@code localExamples / globalExamples}. */
  public void weighStatistics(int localExamples, int globalExamples) {
    if (localExamples == globalExamples) {
      return;
    }
    float share = (float) ((double) localExamples / globalExamples);
    if (vectors.onDevice()) {
      vectors.there(Vector.GRADIENT).scaleStatistics(share);
      changedOnDevice();
      return;
    }
    float[] steps = statistics();
    for (int i = 0; i < steps.length; i++) {
      steps[i] *= share;
    }
    putStatistics(steps);
  }

  /** The steps of the running statistics, in the order of the gradient. */
  public float[] statistics() {
    FloatBuffer values = values();
    float[] steps = new float[statisticsLength];
    int next = 0;
    for (ParameterRange range : statistics) {
      values.get(range.start(), steps, next, range.length());
      next += range.length();
    }
    return steps;
  }

  /** Overwrites the steps of the running statistics, as {@link #statistics} orders them. */
  public void putStatistics(float[] steps) {
    FloatBuffer values = values();
    int next = 0;
    for (ParameterRange range : statistics) {
      values.put(range.start(), steps, next, range.length());
      next += range.length();
    }
  }

  /**
   * The squared length, without the steps of the running statistics. Devices add it up in an order
   * of their own.
   */
  public double squaredLength() {
    if (vectors.onDevice()) {
      return vectors.there(Vector.GRADIENT).squaredLength();
    }
    FloatBuffer values = values();
    double sum = 0;
    int from = 0;
    for (ParameterRange range : statistics) {
      sum += FlatVectors.squaredLength(values.slice(from, range.start() - from), tile);
      from = range.end();
    }
    return sum + FlatVectors.squaredLength(values.slice(from, values.capacity() - from), tile);
  }
}
