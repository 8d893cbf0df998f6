package io.densespark.engine;

import java.io.Serializable;

/**
 * What a plan is compiled for.
 *
 * @param batchSize largest number of examples of one call
 * @param threads native threads the plan may use
 * @param purpose whether gradients are wanted
 * @param channels channels of the input images
 * @param height rows of the input images
 * @param width columns of the input images
 * @param engine settings of the engine
 * @param device address of the accelerator that Spark assigned, as {@code 0}; null: none. Engines
 *     that compute on the processor take no notice of it
 */
public record PlanConfig(
    int batchSize,
    int threads,
    Purpose purpose,
    int channels,
    int height,
    int width,
    EngineConfig engine,
    String device)
    implements Serializable {

  /** What a plan is used for; a plan for training also infers. */
  public enum Purpose {
    TRAINING,
    INFERENCE
  }

  public PlanConfig {
    requirePositive("batchSize", batchSize);
    requirePositive("threads", threads);
    requirePositive("channels", channels);
    requirePositive("height", height);
    requirePositive("width", width);
  }

  /** Of a plan without a device. */
  public PlanConfig(
      int batchSize,
      int threads,
      Purpose purpose,
      int channels,
      int height,
      int width,
      EngineConfig engine) {
    this(batchSize, threads, purpose, channels, height, width, engine, null);
  }

  /** The same on a device, or on none where the address is null. */
  public PlanConfig onDevice(String address) {
    return new PlanConfig(batchSize, threads, purpose, channels, height, width, engine, address);
  }

  /** The same on the first device, which who computes in one process alone takes. */
  public PlanConfig onFirstDevice() {
    return onDevice("0");
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, was " + value);
    }
  }
}
