package io.densespark.sync;

import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import io.densespark.settings.TextForm;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Settings of the replicas and of how they stay together. Parameter averaging with warm-up epochs
 * and without averaging the updater is post-local SGD as published (Lin et al., "Don't Use Large
 * Mini-Batches, Use Local SGD", ICLR 2020; their code keeps each worker's momentum).
 */
@Section("sync")
public record SyncConfig(
    @Setting("how replicas stay together") Mode mode,
    @Setting(
            value =
                "copies of the model in training, shared by the cores there are; auto: one for each"
                    + " core of Spark's",
            range = "[1, 65536]",
            word = "auto")
        OptionalInt replicas,
    @Setting(
            value = "steps between two averages of parameters",
            range = "[1, )",
            usedWhen = "sync.mode = parameter-averaging, dl4j-parameter-averaging")
        int averagingFrequency,
    @Setting(
            value =
                "epochs at the start of a run in which parameters are averaged after every step",
            range = "[0, )",
            usedWhen = "sync.mode = parameter-averaging")
        double averagingWarmupEpochs,
    @Setting(
            value =
                "whether the updater's state (momentum) is averaged too; false: each replica keeps"
                    + " its own",
            usedWhen = "sync.mode = parameter-averaging")
        boolean averageUpdater,
    @Setting(value = "longest wait for another replica", range = "(0s, 1d]", altersResult = false)
        Duration timeout,
    @Setting(value = "how gradients travel", usedWhen = "sync.mode = gradient-sharing")
        WireFormat wireFormat,
    @Setting(
            value = "fewest cores of Spark's on which training goes on when others were lost",
            range = "[1, 65536]",
            altersResult = false,
            usedWhen = "sync.mode = gradient-sharing, parameter-averaging")
        int minSlots,
    @Setting(
            value = "TCP ports at which executors listen for each other",
            word = "any",
            form = TextForm.PORTS,
            altersResult = false,
            usedWhen = "sync.mode = gradient-sharing, parameter-averaging")
        Optional<String> portRange,
    @Setting(
            value =
                "how executors exchange what they have added: direct sends to all others at once,"
                    + " halving-and-doubling to one after another, where the executors are a power"
                    + " of two and halves of them hold halves of the replicas; auto: the latter"
                    + " from 512 executors on",
            altersResult = false,
            usedWhen = "sync.mode = gradient-sharing, parameter-averaging")
        ExchangeRule exchange) {

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
    DL4J_GRADIENT_SHARING;

    /** Whether DL4J's own training masters train, by DL4J's own execution. */
    public boolean isDl4j() {
      return this == DL4J_PARAMETER_AVERAGING || this == DL4J_GRADIENT_SHARING;
    }
  }

  /** How gradients travel between replicas. */
  public enum WireFormat {
    FP32,
    BF16,
    THRESHOLD
  }

  /** How executors exchange sums; the bits are the same. */
  public enum ExchangeRule {
    AUTO,
    DIRECT,
    HALVING_AND_DOUBLING;

    /**
     * By {@code StepTimeModel}, so many executors exchange a gradient in a seventh of the time at
     * 10 Gbit/s and 0.1 ms by halving and doubling, and in a seventh more at 1 Gbit/s and 10 ms.
     */
    private static final int MANY_EXECUTORS = 512;

    /** Whether they halve and double where their number and their ranks admit it. */
    public boolean halves(int executors) {
      return this == HALVING_AND_DOUBLING || this == AUTO && executors >= MANY_EXECUTORS;
    }
  }

  public SyncConfig {
    Check.values(
        SyncConfig.class,
        mode,
        replicas,
        averagingFrequency,
        averagingWarmupEpochs,
        averageUpdater,
        timeout,
        wireFormat,
        minSlots,
        portRange,
        exchange);
  }

  /** With averaged updaters, one slot at least, any ports, and an exchange by the executors. */
  public SyncConfig(
      Mode mode,
      OptionalInt replicas,
      int averagingFrequency,
      double averagingWarmupEpochs,
      Duration timeout,
      WireFormat wireFormat) {
    this(
        mode,
        replicas,
        averagingFrequency,
        averagingWarmupEpochs,
        true,
        timeout,
        wireFormat,
        1,
        Optional.empty(),
        ExchangeRule.AUTO);
  }
}
