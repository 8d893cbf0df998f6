package io.densespark.sync;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * Settings of the replicas and of how they stay together.
 *
 * @param mode how replicas are synchronised
 * @param replicas world size; empty: one for each core that Spark offers
 * @param averagingFrequency steps between two averages of parameters (parameter averaging only)
 * @param averagingWarmupSteps global steps at the start of a run after each of which parameters are
 *     averaged, whatever the frequency: with more than 0 this is post-local SGD (Lin et al., "Don't
 *     Use Large Mini-Batches, Use Local SGD", ICLR 2020)
 * @param timeout longest wait for another replica
 * @param wireFormat how gradients travel
 */
public record SyncConfig(
    Mode mode,
    OptionalInt replicas,
    int averagingFrequency,
    int averagingWarmupSteps,
    Duration timeout,
    WireFormat wireFormat) {

  /** Gradient sharing in full precision, one replica for each partition or core, 30 seconds. */
  public static SyncConfig defaults() {
    return new SyncConfig(
        Mode.GRADIENT_SHARING, OptionalInt.empty(), 1, 0, Duration.ofSeconds(30), WireFormat.FP32);
  }

  /** How replicas are synchronised. */
  public enum Mode {
    GRADIENT_SHARING,
    PARAMETER_AVERAGING,
    DL4J_PARAMETER_AVERAGING,
    DL4J_GRADIENT_SHARING
  }

  /** How gradients travel between replicas. */
  public enum WireFormat {
    FP32,
    BF16,
    THRESHOLD
  }
}
