package io.densespark.sync.rank;

import io.densespark.data.DataConfig;
import io.densespark.engine.PlanConfig;
import io.densespark.random.KeyedRandom;
import io.densespark.sync.SnapshotPolicy;
import io.densespark.sync.StepProbe;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.endpoint.JobIdentity;
import io.densespark.sync.links.RunSecret;
import io.densespark.train.UpdateConfig;
import java.io.Serializable;
import java.time.Duration;
import java.util.Set;

/**
 * What a task needs to train its ranks for one epoch, beside the model's state and the data. Small:
 * it travels with every task.
 *
 * @param run names the run: replicas are kept under it between jobs
 * @param openRuns names of the driver's runs that have not ended, this one included
 * @param job names this call of {@code fit}: progress is resumed under it when Spark repeats a task
 * @param worldSize number of ranks
 * @param data number of the RDD whose blocks are the shards
 * @param graphJson DL4J's configuration of the graph
 * @param plan what each replica's plan is compiled for
 * @param mode how replicas stay together
 * @param averagingFrequency steps between two averages
 * @param averagingWarmupEpochs first epochs of the run whose steps are averaged one by one
 * @param averageUpdater whether updater states are averaged, or stay with their ranks
 * @param wireFormat how gradients travel
 * @param timeout longest wait for another replica
 * @param epoch epochs done before
 * @param seed seed of the order of examples, augmentation and dropout
 * @param augment random changes to images
 * @param labelSmoothing share of each label spread over all classes
 * @param update what steps do beside DL4J's update
 * @param snapshots when the state is wanted within the epoch
 * @param sinceSnapshot time since a state was last kept
 * @param secret what replicas know each other by; never printed
 * @param exchange how executors exchange sums
 * @param ports at which executors listen for each other; empty: any
 * @param encrypted whether what executors exchange is encrypted
 * @param build what the driver runs, and executors have to run too
 * @param probe called before each local gradient
 */
public record EpochWork(
    String run,
    Set<String> openRuns,
    String job,
    int worldSize,
    int data,
    String graphJson,
    PlanConfig plan,
    SyncConfig.Mode mode,
    int averagingFrequency,
    double averagingWarmupEpochs,
    boolean averageUpdater,
    SyncConfig.WireFormat wireFormat,
    Duration timeout,
    int epoch,
    long seed,
    DataConfig.AugmentConfig augment,
    double labelSmoothing,
    UpdateConfig update,
    SnapshotPolicy snapshots,
    Duration sinceSnapshot,
    RunSecret secret,
    SyncConfig.ExchangeRule exchange,
    String ports,
    boolean encrypted,
    BuildIdentity build,
    StepProbe probe)
    implements Serializable {

  /** Whether every rank has state of its own: what it has not sent yet, or its updater state. */
  boolean keepsRankStates() {
    return switch (mode) {
      case GRADIENT_SHARING -> wireFormat == SyncConfig.WireFormat.THRESHOLD;
      case PARAMETER_AVERAGING -> !averageUpdater;
      default -> false;
    };
  }

  /** What this slot and the driver know each other by. */
  public JobIdentity identity() {
    return new JobIdentity(job, secret, timeout);
  }

  /** Names the job alone. */
  @Override
  public String toString() {
    return "EpochWork[job=" + job + "]";
  }

  /** A seed for one rank at one step, spread over all bits. */
  public static long mix(long seed, long a, long b) {
    return KeyedRandom.mix(seed + a * 0x9E3779B97F4A7C15L + b * 0xD1B54A32D192ED03L);
  }
}
