package io.densespark.config;

import io.densespark.data.DataConfig;
import io.densespark.engine.EngineConfig;
import io.densespark.model.DenseNetSpec;
import io.densespark.registry.GateConfig;
import io.densespark.settings.Check;
import io.densespark.settings.Section;
import io.densespark.settings.Setting;
import io.densespark.settings.TextForm;
import io.densespark.sync.SnapshotPolicy;
import io.densespark.sync.SyncConfig;
import io.densespark.train.TrainConfig;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Everything that a run is told, valid as a whole: what concerns two parts is checked here.
 *
 * @param data the images
 * @param model the net, its preset and replacements combined
 * @param train the optimisation
 * @param engine what computes
 * @param sync the replicas
 * @param evaluation inference on the test images
 * @param checkpoint what is saved on the way
 * @param metrics what is recorded on the way
 * @param run where the run stands and computes
 * @param registry the model's versions
 * @param gate what a version must reach to become the champion
 * @param notification who is told what came of a retraining
 * @param fresh whether an earlier run of the same id is to be started over
 * @param sparkConf entries for Spark, by their full names; may hold secrets, unlike {@code
 *     settings}
 * @param settings the same settings in canonical form, with their sources
 */
@Section("")
public record RunConfig(
    DataConfig data,
    DenseNetSpec model,
    TrainConfig train,
    EngineConfig engine,
    SyncConfig sync,
    EvaluationConfig evaluation,
    CheckpointConfig checkpoint,
    MetricsConfig metrics,
    RunOptions run,
    RegistryConfig registry,
    GateConfig gate,
    NotifyConfig notification,
    boolean fresh,
    Map<String, String> sparkConf,
    ResolvedSettings settings) {

  /** Inference on the test images. */
  @Section(value = "evaluation", altersResult = false)
  public record EvaluationConfig(
      @Setting(value = "examples of one inference call", range = "[1, )") int batchSize,
      @Setting(
              "whether models are also measured, and images predicted, by the mean over each image and its mirror image")
          boolean mirrored) {

    public EvaluationConfig {
      Check.values(EvaluationConfig.class, batchSize, mirrored);
    }
  }

  /** What is saved on the way; the first condition met counts. */
  @Section(value = "checkpoint", altersResult = false)
  public record CheckpointConfig(
      @Setting(
              value = "epochs between two checkpoints at an epoch's end, each with a model zip",
              range = "[1, )")
          int everyEpochs,
      @Setting(
              value = "also whenever the global step is a multiple of this",
              range = "[1, )",
              word = "none",
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
              off = "none")
          OptionalInt everySteps,
      @Setting(
              value = "also this long after the last one",
              word = "none",
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging",
              off = "none")
          Optional<Duration> every,
      @Setting(value = "newest checkpoints kept", range = "[1, )") int keepLast,
      @Setting(
              value =
                  "checkpoints of the best accuracy, on images held out or else on test images, kept beside them",
              range = "[0, )")
          int keepBest) {

    public CheckpointConfig {
      Check.values(CheckpointConfig.class, everyEpochs, everySteps, every, keepLast, keepBest);
    }

    /** When else than at the end of an epoch. */
    public SnapshotPolicy within() {
      return new SnapshotPolicy(everySteps.orElse(0), every.orElse(Duration.ZERO));
    }
  }

  /** What is recorded on the way. */
  @Section(value = "metrics", altersResult = false)
  public record MetricsConfig(
      @Setting(
              value = "steps between two lines of metrics/steps.jsonl",
              range = "[1, )",
              usedWhen = "sync.mode = gradient-sharing, parameter-averaging")
          int everySteps,
      @Setting(value = "whether event files for TensorBoard are written", name = "tensorboard")
          boolean tensorBoard,
      @Setting(
              value =
                  "address that an event of OpenLineage is posted to when a run ends; none: only lineage.json",
              name = "openlineage-url",
              word = "none",
              form = TextForm.HTTP)
          Optional<String> openLineageUrl,
      @Setting(
              value = "tracking server of MLflow that has a record of the run",
              word = "none",
              form = TextForm.HTTP)
          Optional<String> mlflowUrl,
      @Setting("MLflow's experiment that the record belongs to") String mlflowExperiment) {

    public MetricsConfig {
      Check.values(
          MetricsConfig.class,
          everySteps,
          tensorBoard,
          openLineageUrl,
          mlflowUrl,
          mlflowExperiment);
    }
  }

  /** Where a run stands and computes. */
  @Section(value = "run", altersResult = false)
  public record RunOptions(
      @Setting(
              value = "workspace: directory or Hadoop URI that holds runs/; --output",
              form = TextForm.URI)
          String output,
      @Setting(
              value = "name of the run; auto: from the time; --run-id",
              name = "id",
              word = "auto",
              form = TextForm.NAME)
          Optional<String> runId,
      @Setting(
              value = "how long a lock outlives a process, or a store, that fell silent",
              range = "[5s, 1d]")
          Duration lockLease,
      @Setting("URL of the Spark master; spark-submit's own goes before it; --master")
          String master) {

    public RunOptions {
      Check.values(RunOptions.class, output, runId, lockLease, master);
    }
  }

  /** The registry. */
  @Section(value = "registry", altersResult = false)
  public record RegistryConfig(
      @Setting(value = "model whose versions are registered", form = TextForm.NAME) String name,
      @Setting("longest wait for another process at the registry") Duration timeout) {

    public RegistryConfig {
      Check.values(RegistryConfig.class, name, timeout);
    }
  }

  /** Who is told what came of a retraining. */
  @Section(value = "notify", altersResult = false)
  public record NotifyConfig(
      @Setting(
              value = "run by sh -c after retrain, the outcome as JSON on its input",
              word = "none",
              form = TextForm.COMMAND)
          Optional<String> command,
      @Setting("the command is killed after this long") Duration timeout) {

    public NotifyConfig {
      Check.values(NotifyConfig.class, command, timeout);
    }
  }

  public RunConfig {
    int replicas = sync.replicas().orElse(1);
    int batch = train.batchSize();
    Check.values(
            RunConfig.class,
            data,
            model,
            train,
            engine,
            sync,
            evaluation,
            checkpoint,
            metrics,
            run,
            registry,
            gate,
            notification,
            fresh,
            sparkConf,
            settings)
        .refuse(
            replicas > data.trainLimit().orElse(Integer.MAX_VALUE),
            "more replicas than training images: each must have one",
            "sync.replicas",
            "data.train-limit")
        .refuse(
            batch % replicas != 0,
            "replicas share the global batch evenly: use a batch of "
                + (batch < replicas ? "" : batch / replicas * replicas + " or ")
                + (batch / replicas + 1L) * replicas
                + ", or a number of replicas that divides "
                + batch,
            "sync.replicas",
            "train.batch-size")
        .refuse(
            data.imageSize() < model.minimumImageSide(),
            "nothing would be left of such images: this net needs at least "
                + model.minimumImageSide(),
            "data.image-size",
            "model.name")
        .refuse(
            data.progressiveSizes().stream().anyMatch(size -> size < model.minimumImageSide()),
            "nothing would be left of such images: this net needs at least "
                + model.minimumImageSide(),
            "data.progressive-sizes",
            "model.name")
        .refuse(
            sync.mode().isDl4j()
                && (engine.choice() == EngineConfig.Choice.ONEDNN
                    || engine.choice() == EngineConfig.Choice.CUDA),
            "this mode trains by DL4J's own execution: use engine.name = auto or nd4j, "
                + "or the mode gradient-sharing or parameter-averaging",
            "sync.mode",
            "engine.name")
        .refuse(
            sync.mode().isDl4j() && engine.precision() == EngineConfig.Precision.BF16,
            "this mode trains by DL4J's own execution, which is fp32 only",
            "sync.mode",
            "engine.precision")
        .refuse(
            sync.mode().isDl4j() && !train.optimizer().kind().isDl4j(),
            "this mode trains by DL4J's own execution, which knows sgd, nesterov and adam",
            "sync.mode",
            "train.optimizer.kind")
        .refuse(
            sync.mode().isDl4j() && train.optimizer().momentumCorrection(),
            "this mode trains by DL4J's own execution, which corrects no momentum",
            "sync.mode",
            "train.optimizer.momentum-correction")
        .orThrow();
    sparkConf = Map.copyOf(sparkConf);
  }

  /** The same for another model and other data. */
  public RunConfig with(DataConfig data, DenseNetSpec model) {
    return with(data, model, run);
  }

  /** The same under another run id. */
  public RunConfig named(String runId) {
    return with(
        data,
        model,
        new RunOptions(run.output(), Optional.of(runId), run.lockLease(), run.master()));
  }

  private RunConfig with(DataConfig data, DenseNetSpec model, RunOptions run) {
    return new RunConfig(
        data,
        model,
        train,
        engine,
        sync,
        evaluation,
        checkpoint,
        metrics,
        run,
        registry,
        gate,
        notification,
        fresh,
        sparkConf,
        settings);
  }
}
