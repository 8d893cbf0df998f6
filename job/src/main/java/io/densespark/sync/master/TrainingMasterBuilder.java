package io.densespark.sync.master;

import io.densespark.data.DataConfig;
import io.densespark.engine.EngineConfig;
import io.densespark.sync.SnapshotPolicy;
import io.densespark.sync.SnapshotReceiver;
import io.densespark.sync.StepObserver;
import io.densespark.sync.StepProbe;
import io.densespark.sync.SyncConfig;
import io.densespark.text.Text;
import io.densespark.train.UpdateConfig;

/** Settings of a {@link CompiledTrainingMaster}; each has a default but the global batch. */
public final class TrainingMasterBuilder {
  final int globalBatch;
  SyncConfig sync = SyncConfig.defaults();
  EngineConfig engine = EngineConfig.defaults();
  DataConfig.AugmentConfig augment = DataConfig.AugmentConfig.none();
  double labelSmoothing;
  UpdateConfig update = UpdateConfig.PLAIN;
  long seed;
  int threads = 1;
  StepObserver observer = step -> {};
  SnapshotPolicy policy = SnapshotPolicy.NEVER;
  SnapshotReceiver receiver;
  StepProbe probe = StepProbe.NONE;

  TrainingMasterBuilder(int globalBatch) {
    require(globalBatch >= 1, "globalBatch", globalBatch, "1 or more");
    this.globalBatch = globalBatch;
  }

  /** How replicas stay together. Default: {@link SyncConfig#defaults()}. */
  public TrainingMasterBuilder sync(SyncConfig sync) {
    require(sync != null, "sync", sync, "settings, as SyncConfig.defaults()");
    require(
        sync.mode() == SyncConfig.Mode.GRADIENT_SHARING
            || sync.mode() == SyncConfig.Mode.PARAMETER_AVERAGING,
        "sync.mode",
        sync.mode(),
        "GRADIENT_SHARING or PARAMETER_AVERAGING; DL4J's own masters are made by Dl4jMasters");
    this.sync = sync;
    return this;
  }

  /** What computes. Default: the fastest engine that can. */
  public TrainingMasterBuilder engine(EngineConfig engine) {
    require(engine != null, "engine", engine, "settings, as EngineConfig.defaults()");
    this.engine = engine;
    return this;
  }

  /** Random changes to images. Default: none. */
  public TrainingMasterBuilder augment(DataConfig.AugmentConfig augment) {
    require(augment != null, "augment", augment, "settings");
    this.augment = augment;
    return this;
  }

  /** Share of each label spread over all classes. Default: 0. */
  public TrainingMasterBuilder labelSmoothing(double labelSmoothing) {
    require(
        labelSmoothing >= 0 && labelSmoothing < 1,
        "labelSmoothing",
        labelSmoothing,
        "0 to below 1");
    this.labelSmoothing = labelSmoothing;
    return this;
  }

  /** What steps do beside DL4J's update. Default: nothing. */
  public TrainingMasterBuilder update(UpdateConfig update) {
    require(update != null, "update", update, "settings, as UpdateConfig.PLAIN");
    this.update = update;
    return this;
  }

  /** Seed of order, augmentation and dropout. Default: 0. */
  public TrainingMasterBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** Native threads of each replica. Default: 1, which stands a busy machine best. */
  public TrainingMasterBuilder threads(int threads) {
    require(threads >= 1, "threads", threads, "1 or more");
    this.threads = threads;
    return this;
  }

  /** Told of every step while it runs. Default: nobody. */
  public TrainingMasterBuilder observer(StepObserver observer) {
    require(observer != null, "observer", observer, "an observer");
    this.observer = observer;
    return this;
  }

  /** What is told the state of the replicas within an epoch, and when. Default: nobody. */
  public TrainingMasterBuilder snapshots(SnapshotPolicy policy, SnapshotReceiver receiver) {
    require(policy != null, "snapshots", policy, "a policy, as SnapshotPolicy.NEVER");
    require(
        policy.isNever() || receiver != null,
        "receiver",
        receiver,
        "who takes what the policy asks for");
    this.policy = policy;
    this.receiver = receiver;
    return this;
  }

  /** Called on the slots before each local gradient. Default: nothing. */
  TrainingMasterBuilder probe(StepProbe probe) {
    this.probe = probe;
    return this;
  }

  private static void require(boolean right, String name, Object value, String allowed) {
    if (!right) {
      throw new IllegalArgumentException(
          Text.format("%s is %s: allowed is %s", name, value, allowed));
    }
  }

  /** The master. */
  public CompiledTrainingMaster build() {
    return new CompiledTrainingMaster(this);
  }
}
