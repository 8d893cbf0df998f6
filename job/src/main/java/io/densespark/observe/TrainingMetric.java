package io.densespark.observe;

import java.util.function.DoubleSupplier;

/**
 * A figure of the training that goes on in this JVM, as monitoring sees it. NaN while it is not
 * known. Where a program trains twice in one JVM at once, the figures are of whichever spoke last.
 */
public enum TrainingMetric {
  /** Epoch that is being trained, from 1. */
  EPOCH("epoch"),
  /** Global steps done. */
  STEP("step"),
  /** Mean training loss of the last step's global batch. */
  LOSS("loss"),
  /** Of the last update. */
  LEARNING_RATE("learningRate"),
  /** Global batch over the time of the last step. */
  IMAGES_PER_SECOND("imagesPerSecond"),
  /** Wall time of the last step. */
  STEP_MILLIS("stepMillis"),
  /** Of it: gradient and update. */
  COMPUTE_MILLIS("computeMillis"),
  /** Of it: moving values between executors. */
  COMMUNICATION_MILLIS("communicationMillis"),
  /** Of it: waiting for slower ranks. */
  WAIT_MILLIS("waitMillis"),
  /** Of it: making the batch. */
  DATA_MILLIS("dataMillis"),
  /** Gradient noise scale over the last steps, in examples. */
  NOISE_SCALE("noiseScale"),
  /** After the last epoch, 0 to 1. */
  TEST_ACCURACY("testAccuracy"),
  /** After the last epoch. */
  TEST_LOSS("testLoss"),
  /** Seconds since a checkpoint was stored, or since training began. */
  CHECKPOINT_AGE_SECONDS("checkpointAgeSeconds"),
  /** Logical replicas. */
  RANKS("ranks"),
  /** Tasks that Spark can run at once now. */
  SLOTS("slots"),
  /** Times that executors were lost and the training went on. */
  RECOVERIES("recoveries");

  private final String key;
  private volatile DoubleSupplier value = () -> Double.NaN;

  TrainingMetric(String key) {
    this.key = key;
  }

  /** The name under which Spark's sinks report it. */
  public String key() {
    return key;
  }

  /** The value now. */
  public double value() {
    return value.getAsDouble();
  }

  /** Sets the value. */
  public void set(double now) {
    value = () -> now;
  }

  /** Has the value computed whenever it is asked for. */
  public void from(DoubleSupplier source) {
    value = source;
  }

  /** Makes all values unknown again. */
  public static void forget() {
    for (TrainingMetric metric : values()) {
      metric.value = () -> Double.NaN;
    }
  }
}
