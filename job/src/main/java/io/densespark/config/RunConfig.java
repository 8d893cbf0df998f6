package io.densespark.config;

import io.densespark.data.DataConfig;
import io.densespark.engine.EngineConfig;
import io.densespark.model.DenseNetSpec;
import io.densespark.registry.GateConfig;
import io.densespark.sync.SnapshotPolicy;
import io.densespark.sync.SyncConfig;
import io.densespark.train.TrainConfig;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that a run is told, valid as a whole.
 *
 * @param run where the run stands and computes
 * @param data the images
 * @param model the net, its preset and replacements combined
 * @param train the optimisation
 * @param engine what computes
 * @param sync the replicas
 * @param evaluation inference on the test images
 * @param checkpoint what is saved on the way
 * @param metrics what is recorded on the way
 * @param registry the model's versions
 * @param gate what a version must reach to become the champion
 * @param notification who is told what came of a retraining
 * @param sparkConf entries for Spark, by their full names; may hold secrets, unlike {@code
 *     settings}
 * @param settings the same settings in canonical form, with their sources
 */
public record RunConfig(
    RunOptions run,
    DataConfig data,
    DenseNetSpec model,
    TrainConfig train,
    EngineConfig engine,
    SyncConfig sync,
    EvaluationConfig evaluation,
    CheckpointConfig checkpoint,
    MetricsConfig metrics,
    RegistryConfig registry,
    GateConfig gate,
    NotifyConfig notification,
    Map<String, String> sparkConf,
    ResolvedSettings settings) {

  /**
   * Where a run stands and computes.
   *
   * @param output workspace: a path or Hadoop URI that holds {@code runs/}
   * @param runId name of the run; empty: one is to be made
   * @param master URL of the Spark master
   * @param lockLease how long a lock outlives a process that no longer renews it
   * @param fresh whether an earlier run of the same id is to be started over
   */
  public record RunOptions(
      String output, Optional<String> runId, String master, Duration lockLease, boolean fresh) {}

  /**
   * Inference on the test images.
   *
   * @param batchSize examples of one inference call
   */
  public record EvaluationConfig(int batchSize) {}

  /**
   * What is saved on the way.
   *
   * @param everyEpochs epochs between two checkpoints at the end of an epoch, each with a model
   *     artifact
   * @param within when else: at which steps, or after which time
   * @param keepLast newest checkpoints kept, at least 1
   * @param keepBest checkpoints of the best test accuracy kept beside them
   */
  public record CheckpointConfig(
      int everyEpochs, SnapshotPolicy within, int keepLast, int keepBest) {}

  /**
   * The registry.
   *
   * @param name of the model whose versions it holds
   * @param patience how long to wait for another process that changes it
   */
  public record RegistryConfig(String name, Duration patience) {}

  /**
   * Who is told what came of a retraining.
   *
   * @param command for {@code sh -c}; empty: nobody
   * @param timeout after which it is killed
   */
  public record NotifyConfig(Optional<String> command, Duration timeout) {}

  /**
   * What is recorded on the way.
   *
   * @param everySteps steps between two recorded steps
   */
  public record MetricsConfig(int everySteps) {}

  public RunConfig {
    sparkConf = Map.copyOf(sparkConf);
  }

  /** The same under another run id. */
  public RunConfig named(String runId) {
    return new RunConfig(
        new RunOptions(
            run.output(), Optional.of(runId), run.master(), run.lockLease(), run.fresh()),
        data,
        model,
        train,
        engine,
        sync,
        evaluation,
        checkpoint,
        metrics,
        registry,
        gate,
        notification,
        sparkConf,
        settings);
  }
}
