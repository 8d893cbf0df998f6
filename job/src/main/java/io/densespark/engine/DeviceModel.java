package io.densespark.engine;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The flat vectors of a model in the memory of a plan's device, where they stay from step to step.
 * Whoever uses it knows where the newest values of a vector are. It belongs to the plan's thread
 * and ends with the plan, whose own {@link Plan#gradient} and {@link Plan#infer} leave other values
 * in {@code PARAMETERS} and {@code GRADIENT}.
 */
public interface DeviceModel {

  /** A vector on the device. */
  sealed interface Stored permits Vector, Sum {}

  /** What is kept, all in DL4J's order and of its length. */
  enum Vector implements Stored {
    /** [parameterCount]. */
    PARAMETERS,
    /** [parameterCount], as {@link Plan#gradient} describes it. */
    GRADIENT,
    /** Of the updater, as long as it has it. */
    UPDATER_STATE,
    /** A moving average of the parameters, [parameterCount]. */
    AVERAGE
  }

  /**
   * Gradients added up, [parameterCount]; not defined before something is copied there.
   *
   * @param number from 0, below what was {@link #reserve}d
   */
  record Sum(int number) implements Stored {}

  /** Parameters {@code [start, end)}. */
  record Range(int start, int end) {}

  /** Overwrites a vector on the device; the values can be changed when this returns. */
  void upload(Vector vector, FloatBuffer values);

  /** Overwrites values with a vector of the device, after what was asked of it before. */
  void download(Stored vector, FloatBuffer values);

  /**
   * Takes memory for so many sums, if there is none yet.
   *
   * @throws EngineUnavailableException when the device has no room for them
   */
  void reserve(int sums);

  /** Overwrites a vector with another, of [parameterCount] both. */
  void copy(Stored from, Stored to);

  /** {@code sum += values}, in float32, of [parameterCount] both. */
  void add(Stored values, Stored sum);

  /** Multiplies the running statistics' part of {@code GRADIENT}. */
  void scaleStatistics(float factor);

  /** Squared length of {@code GRADIENT} without the running statistics' part. */
  double squaredLength();

  /** A batch on its way to the device, or there; until the second one after it is staged. */
  interface Batch {}

  /**
   * Copies a batch to the device while what was begun goes on. The arrays may be overwritten when
   * this returns.
   *
   * @param features as {@link Plan#gradient} takes them
   * @param labels float32 [n, classes]
   */
  Batch stage(INDArray features, INDArray labels);

  /** Starts to compute {@code GRADIENT} at {@code PARAMETERS}; {@link #loss} must follow. */
  void begin(Batch batch, long noiseSeed);

  /** Waits for what was begun; returns its mean loss, without regularisation terms. */
  double loss();

  /**
   * Takes an update off {@code PARAMETERS} and makes {@code UPDATER_STATE} that of the next step.
   * {@code GRADIENT} stays as it is.
   */
  void update(DeviceUpdate update);

  /** The ratios of the last update, by its runs; what runs without one have is not defined. */
  double[] trustRatios();

  /** {@code AVERAGE += weight (PARAMETERS - AVERAGE)}. */
  void follow(float weight);
}
