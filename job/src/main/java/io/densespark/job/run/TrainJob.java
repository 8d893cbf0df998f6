package io.densespark.job.run;

import io.densespark.checkpoint.Checkpoint;
import io.densespark.config.ResolvedSettings;
import io.densespark.config.RunConfig;
import io.densespark.data.LabelledImages;
import io.densespark.evaluation.ExampleResults;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.job.ShutdownHook;
import io.densespark.job.SparkConnection;
import io.densespark.job.Versions;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelSummary;
import io.densespark.model.ModelZip;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import io.densespark.storage.StoreLock;
import io.densespark.train.FlatVectors;
import io.densespark.train.PlainModel;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.FSError;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * A training run from settings to model:
 *
 * <pre>
 *   lock the run; claim its directory, or go on with the run it holds; status: running
 *   read the images; connect to Spark; write provenance
 *   for each epoch: train on the replicas, evaluate on the cluster, record, save checkpoints beside
 *   model.zip; status: succeeded (or failed, with the exit code and the reason)
 * </pre>
 */
public record TrainJob(RunConfig config, RunDisplay display) implements Job {

  /** Reason of an ending from outside. */
  public static final String INTERRUPTED = "the process was told to stop";

  private static final DateTimeFormatter RUN_ID =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  @Override
  public ExitCode run() {
    String runId =
        config
            .run()
            .runId()
            .orElseGet(() -> config.model().name() + "-" + RUN_ID.format(Instant.now()));
    try (Store store = openOutput();
        StoreLock lock =
            StoreLock.acquire(
                store, lockName(runId), "train", config.run().lockLease(), Duration.ZERO)) {
      return run(new RunDirectory(store.guardedBy(lock), runId), lock);
    }
  }

  /** The lock that a process holds for as long as it trains the run. */
  public static String lockName(String runId) {
    return "run-" + runId;
  }

  private ExitCode run(RunDirectory directory, StoreLock lock) {
    Optional<RunStatus> earlier = directory.readStatus();
    if (earlier.isPresent() && !config.fresh()) {
      requireSameSettings(directory);
      if (earlier.get().state() == RunStatus.State.SUCCEEDED) {
        display.message(
            "the run %s is finished already; --fresh would start it over"
                .formatted(directory.runId()));
        return ExitCode.SUCCESS;
      }
    }
    StatusKeeper status =
        StatusKeeper.claim(directory, config, display, earlier, System.nanoTime());
    ShutdownHook hook = new ShutdownHook("final-status", () -> endInterrupted(status, lock));
    try (hook) {
      return trained(directory, status);
    }
  }

  private ExitCode trained(RunDirectory directory, StatusKeeper status) {
    try {
      train(directory, status);
      return ExitCode.SUCCESS;
    } catch (Exception | LinkageError | OutOfMemoryError | FSError e) {
      // Exception, not RuntimeException: Spark throws checked ones that the compiler does not see.
      try {
        status.failed(ExitCode.of(e), e.getMessage());
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
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
      throw new JobException(ExitCode.PREFLIGHT, "the output cannot be used: " + e.getMessage(), e);
    }
  }

  /** A run goes on only under settings that lead to the same result. */
  private void requireSameSettings(RunDirectory directory) {
    if (!directory.store().exists(directory.config())) {
      return;
    }
    String before = new String(directory.store().read(directory.config()), StandardCharsets.UTF_8);
    List<String> differences =
        config.settings().differencesFrom(before).stream()
            .filter(ResolvedSettings.Difference::altersResult)
            .map(ResolvedSettings.Difference::toString)
            .toList();
    if (!differences.isEmpty()) {
      throw JobException.usage(
          "%s already holds a run %s with other settings: %s. Choose another --run-id, use the same settings, or start it over with --fresh"
              .formatted(
                  directory.store().uri(), directory.runId(), String.join("; ", differences)));
    }
  }

  private void train(RunDirectory directory, StatusKeeper status) {
    display.phase("reading Fashion-MNIST");
    LabelledImages images = Inputs.images(config, Inputs.hadoop(config));
    Optional<Checkpoint> resumed = Checkpoints.newest(config, directory, display);
    display.phase("starting Spark");
    try (SparkConnection spark = SparkConnection.open(config)) {
      int replicas = Replicas.choose(config, spark, images.train().size(), resumed);
      InitialModel initial =
          resumed.isPresent() ? InitialModel.noted(directory) : InitialModel.read(config);
      directory.writeProvenance(
          Provenance.collect(
              Versions.all(),
              checksums(images),
              Map.of("train.seed", config.train().seed()),
              spark.settings(),
              replicas,
              initial.origin()));
      Progress progress = new Progress(display, new RunJournal(directory, display));
      try (TimeLimit limit = new TimeLimit(config.train().timeLimit(), spark.context());
          Checkpoints checkpoints =
              new Checkpoints(
                  config, directory, replicas, resumed, spark.context()::cancelAllJobs);
          Training training =
              new Training(config, spark.context(), images, replicas, progress, checkpoints)) {
        Optional<TrainingState> start = resumed.map(Checkpoint::state);
        start.ifPresent(training::restore);
        initial.into(training.graph(), display);
        display.started(header(directory.runId(), images, replicas, training));
        start.ifPresent(state -> display.message(whereItGoesOn(state)));
        try {
          display.phase("placing the images on the executors");
          training.load();
          epochs(
              directory,
              status,
              training,
              checkpoints,
              progress,
              start.map(TrainingState::steps).orElse(List.of()));
        } catch (StorageException e) {
          checkpoints.check(e);
          throw JobException.outputLost(e);
        } catch (Exception e) {
          limit.check(e);
          checkpoints.check(e);
          throw e;
        }
      }
    }
  }

  private static String whereItGoesOn(TrainingState state) {
    return "resuming after epoch %d, step %d".formatted(state.epoch(), state.step())
        + (state.stepInEpoch() == 0
            ? ""
            : ", %d steps into epoch %d".formatted(state.stepInEpoch(), state.epoch() + 1));
  }

  /**
   * @param begun steps of an epoch that an earlier process began
   */
  private void epochs(
      RunDirectory directory,
      StatusKeeper status,
      Training training,
      Checkpoints checkpoints,
      Progress progress,
      List<StepMetrics> begun) {
    int done = training.graph().getEpochCount();
    long stepsBefore = training.graph().getIterationCount() - begun.size();
    Store store = directory.store();
    List<RunDisplay.EpochSummary> summaries = new ArrayList<>();
    long images = 0;
    double trainSeconds = 0;
    try (MetricsLog<EpochRecord> epochLog =
            MetricsLog.resume(
                store,
                directory.epochs(),
                EpochRecord.class,
                Duration.ZERO,
                record -> record.epoch() <= done);
        StepLog stepLog =
            new StepLog(store, directory.steps(), stepsBefore, config.metrics().everySteps())) {
      stepLog.add(begun);
      progress.logTo(stepLog);
      for (EpochRecord record : MetricsLog.read(store, directory.epochs(), EpochRecord.class)) {
        summaries.add(EpochRecords.summary(record));
        images += Math.round(record.imagesPerSecond() * record.seconds());
        trainSeconds += record.seconds();
        // The earlier process may have ended between a checkpoint and its status.
        status.epoch(record, images / trainSeconds);
      }
      for (int epoch = done + 1; epoch <= config.train().epochs(); epoch++) {
        if (epoch == done + 1) {
          display.phase("compiling the model on the replicas");
        }
        Training.Epoch trained = training.trainEpoch();
        if (epoch == done + 1 && !training.engineFacts().isEmpty()) {
          display.message("engine: " + training.engineFacts());
        }
        images += trained.images();
        trainSeconds += trained.seconds();
        stepLog.add(trained.steps());
        display.phase("evaluating");
        ExampleResults test = training.evaluate();
        EpochRecord record =
            EpochRecords.of(epoch, training.graph().getIterationCount(), trained, test.result());
        epochLog.add(record);
        directory.writeMistakes(training.mistakes(epoch, test));
        // Before the checkpoint: what it counts as done is not told again.
        stepLog.flush();
        epochLog.flush();
        if (checkpoints.hasModel(epoch)) {
          saveModel(store, directory.epochModel(epoch), training.graph());
        }
        checkpoints.afterEpoch(epoch, training::state, test.result().accuracy());
        status.epoch(record, images / trainSeconds);
        summaries.add(EpochRecords.summary(record));
        display.epoch(EpochRecords.summary(record));
      }
    }
    saveModel(store, directory.model(), training.graph());
    checkpoints.close();
    String sha256 = FlatVectors.sha256(FlatVectors.toArray(training.graph().params()));
    status.succeeded(sha256);
    display.finished(
        new RunDisplay.Summary(
            summaries, images / trainSeconds, status.seconds(), written(directory)));
  }

  private void saveModel(Store store, String path, ComputationGraph graph) {
    int side = config.data().imageSize();
    ModelSignature signature = new ModelSignature(1, side, side, config.model().classes());
    ComputationGraph plain = PlainModel.of(graph);
    store.replace(
        path, out -> ModelZip.write(plain, signature, ModelZip.UpdaterState.INCLUDED, out));
  }

  private RunDisplay.Header header(
      String runId, LabelledImages images, int replicas, Training training) {
    int side = config.data().imageSize();
    ModelSummary summary =
        ModelSummary.of(training.graph().getConfiguration(), images.train().channels(), side, side);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("replicas", Integer.toString(replicas));
    facts.put("training images", Integer.toString(images.train().size()));
    facts.put("test images", Integer.toString(images.test().size()));
    facts.put("parameters", "%,d trainable".formatted(summary.trainableParameters()));
    facts.put("work", "%.0f MFLOP an image".formatted(summary.trainingFlops() / 1e6));
    long steps = training.counts().stepsPerEpoch();
    return new RunDisplay.Header(
        runId,
        config.settings(),
        facts,
        steps * config.train().epochs(),
        steps,
        training.graph().getIterationCount());
  }

  private static Map<String, String> checksums(LabelledImages images) {
    Map<String, String> checksums = new TreeMap<>();
    images.files().forEach(file -> checksums.put(file.uri(), file.contentSha256()));
    return checksums;
  }

  private static Map<String, String> written(RunDirectory directory) {
    Store store = directory.store();
    Map<String, String> written = new LinkedHashMap<>();
    written.put("model", store.uri(directory.model()));
    written.put("metrics", store.uri(directory.epochs()));
    written.put("report", store.uri(directory.report()));
    written.put("status", store.uri(directory.status()));
    return written;
  }

  /** The process is told to stop: scripts must not find a run that seems to go on. */
  private static void endInterrupted(StatusKeeper status, StoreLock lock) {
    // Closed last, and for good: nothing that still runs writes to a run that another may take.
    try (lock) {
      status.failed(ExitCode.TRAINING_FAILED, INTERRUPTED);
    }
  }
}
