package io.densespark.job.run;

import io.densespark.checkpoint.Checkpoint;
import io.densespark.config.RunConfig;
import io.densespark.dataset.ImageDataset;
import io.densespark.dataset.ImageSource;
import io.densespark.job.ExitCode;
import io.densespark.job.FailureText;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.job.ShutdownHook;
import io.densespark.job.SparkConnection;
import io.densespark.job.StopSignal;
import io.densespark.job.Submission;
import io.densespark.job.Versions;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.model.ModelSignature;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import io.densespark.storage.StoreLock;
import io.densespark.text.Text;
import io.densespark.train.FlatVectors;
import io.densespark.train.StepCounts;
import io.densespark.train.TrainConfig.EarlyStoppingConfig;
import io.densespark.train.TrainingState;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSError;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * A training run from settings to model:
 *
 * <pre>
 *   lock the run; read the images; claim its directory, or go on with the run it holds: running
 *   connect to Spark; write provenance; go on from the newest checkpoint
 *   {@link TrainingLoop}: its listeners write metrics, models, checkpoints and the status
 *   model.zip; status: succeeded (or failed, with the exit code and the reason)
 * </pre>
 */
public record TrainJob(RunConfig config, RunDisplay display) implements Job {

  /** Reason of an ending from outside. */
  public static final String INTERRUPTED = "the process was told to stop";

  /** What the driver's lines of the log have, whichever thread they come from. */
  private static final String LOGGED_RUN = "densespark.run";

  private static final DateTimeFormatter RUN_ID =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

  @Override
  public ExitCode run() {
    long began = System.nanoTime();
    String runId =
        config
            .run()
            .runId()
            .orElseGet(() -> config.model().name() + "-" + Submission.stamp(RUN_ID));
    try (Store store = openOutput();
        StoreLock lock =
            StoreLock.acquire(
                store,
                lockName(runId),
                "train",
                config.run().lockLease(),
                Submission.lockTimeout(config.run().lockLease()))) {
      RunDirectory directory = new RunDirectory(store.guardedBy(lock), runId);
      Optional<RunStatus> earlier = config.fresh() ? Optional.empty() : directory.readStatus();
      if (earlier.isPresent()) {
        SameSettings.require(config, directory);
        if (earlier.get().state() == RunStatus.State.SUCCEEDED) {
          display.message(
              Text.format("the run %s is finished already; --fresh would start it over", runId));
          return ExitCode.SUCCESS;
        }
      }
      // Before the directory is claimed: a first try without data or memory leaves no run behind.
      SparkConnection.require(config);
      display.phase("looking for the images");
      ImageSource source = Inputs.images(config, Inputs.hadoop(config));
      source.looked().ifPresent(this::requireEnough);
      StatusWriter status = StatusWriter.claim(directory, config, display, earlier, began);
      ShutdownHook hook = new ShutdownHook(() -> endInterrupted(status, lock));
      try (hook) {
        return trained(directory.whileThere(), source, status);
      }
    }
  }

  /** The lock that a process holds for as long as it trains the run. */
  public static String lockName(String runId) {
    return "run-" + runId;
  }

  private ExitCode trained(RunDirectory directory, ImageSource source, StatusWriter status) {
    System.setProperty(LOGGED_RUN, directory.runId());
    try {
      train(directory, source, status);
      return ExitCode.SUCCESS;
    } catch (Exception | LinkageError | OutOfMemoryError | FSError e) {
      // Exception, not RuntimeException: Spark throws checked ones that the compiler does not see.
      try {
        status.failed(ExitCode.of(e), FailureText.line(e));
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
    } finally {
      System.clearProperty(LOGGED_RUN);
    }
  }

  private Store openOutput() {
    try {
      Store store = Store.open(config.run().output(), Inputs.hadoop(config));
      try {
        store.checkWritable();
        return store;
      } catch (StorageException e) {
        store.close();
        throw e;
      }
    } catch (StorageException e) {
      ExitCode code =
          e.reason() == StorageException.Reason.INVALID ? ExitCode.USAGE : ExitCode.PREFLIGHT;
      throw new JobException(code, "the output cannot be used: " + e.getMessage(), e);
    }
  }

  private void train(RunDirectory directory, ImageSource source, StatusWriter status) {
    Optional<Checkpoint> resumed = Checkpoints.newest(config, directory, display);
    display.phase("starting Spark");
    try (SparkConnection spark = SparkConnection.open(config)) {
      // Spark sets it for the log of each task.
      spark.context().setLocalProperty("mdc.run", directory.runId());
      display.phase("looking at the images");
      ImageDataset images = source.open(spark.context());
      requireEnough(images);
      if (resumed.isPresent()) {
        DataTexts.requireSame(images, directory);
      }
      DataTexts.show(images, display);
      DataTexts.write(images, directory);
      ModelSignature signature = Inputs.signature(config, images);
      RunConfig config = Inputs.withClasses(this.config, images);
      int replicas =
          Replicas.choose(config, spark, images.train().size(), resumed, display::warning);
      InitialModel initial =
          resumed.isPresent()
              ? InitialModel.noted(directory)
              : InitialModel.read(config, Inputs.hadoop(config));
      Provenance provenance =
          Provenance.collect(
                  Versions.all(),
                  images.checksums(),
                  Map.of("train.seed", config.train().seed()),
                  spark.settings(),
                  replicas,
                  initial.origin())
              .of(DataTexts.note(images), config.settings().resultHash());
      directory.writeProvenance(provenance);
      StepCounts counts =
          StepCounts.even(images.train().size(), replicas, config.train().batchSize());
      ComputationGraph graph = InitialModel.random(config, signature.channels(), counts);
      initial.into(graph, display::message);
      warnOfChoosingOnTestImages(images);
      boolean stoppedEarly;
      String saved;
      Double mirrored;
      try (Cancellation cancellation = Cancellation.ofThisThread(spark.context().sc())) {
        config.train().timeLimit().ifPresent(cancellation::limit);
        try (Checkpoints checkpoints =
                new Checkpoints(config, directory, signature, replicas, resumed, cancellation);
            RunMetrics metrics =
                new RunMetrics(
                    directory,
                    config.metrics().everySteps(),
                    resumed.map(Checkpoint::state).orElseGet(() -> TrainingState.of(graph)));
            SparkMetrics monitored =
                new SparkMetrics(spark.context(), replicas, checkpoints::sinceSaved);
            TensorBoard board =
                config.metrics().tensorBoard()
                    ? new TensorBoard(
                        directory, config.metrics().everySteps(), graph.getIterationCount())
                    : null) {
          status.goOnFrom(metrics.earlier());
          RunJournal journal = new RunJournal(directory, display);
          Progress progress = new Progress(display, journal);
          Devices devices = new Devices(directory, provenance, journal, display);
          List<RunListener> listeners =
              Stream.of(metrics, checkpoints, status, progress, devices, monitored, board)
                  .filter(Objects::nonNull)
                  .toList();
          try (Trainer trainer =
                  Trainer.of(
                      config,
                      spark.context(),
                      graph,
                      counts,
                      images
                          .train()
                          .shards(
                              spark.context(),
                              signature.classes(),
                              signature.height(),
                              config.train().seed(),
                              replicas),
                      RunListener.observing(listeners),
                      checkpoints);
              EvaluationSet test =
                  new EvaluationSet(
                      config, spark.context(), Inputs.test(images), signature, replicas);
              EvaluationSet heldOut =
                  images
                      .validation()
                      .map(
                          some ->
                              new EvaluationSet(config, spark.context(), some, signature, replicas))
                      .orElse(null)) {
            resumed.map(Checkpoint::state).ifPresent(trainer::restore);
            display.started(
                RunTexts.header(config, directory.runId(), images, replicas, counts, graph));
            resumed.map(Checkpoint::state).map(RunTexts::resuming).ifPresent(display::message);
            display.phase("placing the images on the executors");
            trainer.load();
            Optional<EvaluationSet> validation = Optional.ofNullable(heldOut);
            validation.orElse(test).load();
            display.phase("compiling the model on the replicas");
            TrainingLoop loop =
                new TrainingLoop(
                    trainer,
                    test,
                    validation,
                    signature.classNames(),
                    new EarlyStopping(config.train().earlyStopping(), metrics.earlier()),
                    listeners,
                    cancellation);
            stoppedEarly = loop.run(config.train().epochs()) < config.train().epochs();
            if (stoppedEarly) {
              display.message(RunTexts.stoppedEarly(config, status.epochs()));
            }
            mirrored = mirrored(test, trainer.model());
            checkpoints.saveModel(directory.model(), trainer);
            saved = FlatVectors.sha256(FlatVectors.toArray(trainer.model().params()));
          }
        } catch (Exception e) {
          cancellation.check(e);
          throw e;
        }
        status.succeeded(saved, stoppedEarly, mirrored);
      } catch (StorageException e) {
        throw JobException.outputLost(e);
      }
    }
    display.finished(
        new RunDisplay.Summary(
            status.epochs(),
            status.imagesPerSecond(),
            status.seconds(),
            RunTexts.written(directory)));
  }

  /** Accuracy by the mean over images and mirror images; null where it is not asked for. */
  private Double mirrored(EvaluationSet test, ComputationGraph graph) {
    if (!config.evaluation().mirrored()) {
      return null;
    }
    double accuracy = test.evaluateMirrored(graph).accuracy();
    display.message(
        Text.format("test accuracy by the mean over images and mirror images: %.4f", accuracy));
    return accuracy;
  }

  /** Each replica needs a training image. */
  private void requireEnough(ImageDataset images) {
    int replicas = config.sync().replicas().orElse(1);
    if (replicas > images.train().size()) {
      throw JobException.usage(
          Text.format(
              "sync.replicas = %s need a training image each, there are %s: lower it",
              replicas, images.train().size()));
    }
  }

  private void warnOfChoosingOnTestImages(ImageDataset images) {
    EarlyStoppingConfig stopping = config.train().earlyStopping();
    boolean chooses = stopping.patience() > 0 || stopping.target().isPresent();
    if (chooses && images.validation().isEmpty()) {
      display.warning(
          "early stopping chooses the last epoch by the test images, whose accuracy is then too"
              + " high: hold images out with data.validation");
    }
  }

  /** The process is told to stop: scripts must not find a run that seems to go on. */
  private static void endInterrupted(StatusWriter status, StoreLock lock) {
    // Closed last, and for good: nothing that still runs writes to a run that another may take.
    try (lock) {
      status.failed(StopSignal.received().orElse(ExitCode.TRAINING_FAILED), INTERRUPTED);
    }
  }
}
