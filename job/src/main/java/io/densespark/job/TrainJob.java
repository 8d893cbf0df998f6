package io.densespark.job;

import io.densespark.config.RunConfig;
import io.densespark.data.FashionMnist;
import io.densespark.data.LabelledImages;
import io.densespark.evaluation.EvaluationResult;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.metrics.StepRecord;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelSummary;
import io.densespark.model.ModelZip;
import io.densespark.storage.Content;
import io.densespark.storage.Store;
import io.densespark.sync.StepMetrics;
import io.densespark.train.FlatVectors;
import io.densespark.train.PlainModel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * A training run from settings to model:
 *
 * <pre>
 *   claim the run directory; write configuration; status: running
 *   read the images; connect to Spark; write provenance
 *   for each epoch: train on the replicas, evaluate on the cluster, record, save the model
 *   model.zip; status: succeeded (or failed, with the exit code and the reason)
 * </pre>
 */
final class TrainJob {

  private static final Duration STEP_LOG_INTERVAL = Duration.ofSeconds(2);
  private static final DateTimeFormatter RUN_ID =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private final RunConfig config;
  private final RunDisplay display;
  private final Function<Throwable, ExitCode> exitCodes;
  private final long began = System.nanoTime();
  private RunStatus status;

  TrainJob(RunConfig config, RunDisplay display, Function<Throwable, ExitCode> exitCodes) {
    this.config = config;
    this.display = display;
    this.exitCodes = exitCodes;
  }

  ExitCode run() {
    Store store = Store.open(config.run().output(), new Configuration());
    store.checkWritable();
    String runId =
        config
            .run()
            .runId()
            .orElseGet(() -> config.model().name() + "-" + RUN_ID.format(Instant.now()));
    RunDirectory directory = claim(new RunDirectory(store, runId));
    Thread onShutdown = new Thread(() -> endInterrupted(directory), "final-status");
    Runtime.getRuntime().addShutdownHook(onShutdown);
    try {
      train(directory);
      return ExitCode.SUCCESS;
    } catch (Exception | LinkageError | OutOfMemoryError e) {
      // Exception, not RuntimeException: Spark throws checked ones that the compiler does not see.
      ExitCode code = exitCodes.apply(e);
      try {
        end(directory, status.failed(code.number(), e.getMessage(), seconds(), Instant.now()));
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
    } finally {
      removeHook(onShutdown);
    }
  }

  private RunDirectory claim(RunDirectory directory) {
    if (directory.exists()) {
      if (!config.run().fresh()) {
        throw new RunExistsException(
            "%s already holds the run %s: choose another --run-id, or start it over with --fresh"
                .formatted(directory.store().uri(), directory.runId()));
      }
      directory.delete();
    }
    status = RunStatus.started(directory.runId(), Instant.now());
    directory.writeStatus(status);
    directory
        .store()
        .replace(
            directory.config(),
            Content.of(config.settings().toJson().getBytes(StandardCharsets.UTF_8)));
    return directory;
  }

  private void train(RunDirectory directory) {
    display.phase("reading Fashion-MNIST");
    LabelledImages images = Experiment.images(config, new Configuration());
    display.phase("starting Spark");
    try (SparkConnection spark = SparkConnection.open(config)) {
      int replicas = Replicas.choose(config, spark, images.train().size());
      directory.writeProvenance(
          Provenance.collect(
              Versions.all(),
              checksums(images),
              Map.of("train.seed", config.train().seed()),
              spark.settings()));
      Progress progress = new Progress(display);
      try (TimeLimit limit = new TimeLimit(config.train().timeLimit(), spark.context());
          Training training = new Training(config, spark.context(), images, replicas, progress)) {
        display.started(header(directory.runId(), images, replicas, training));
        try {
          display.phase("placing the images on the executors");
          training.load();
          epochs(directory, training);
        } catch (Exception e) {
          limit.check(e);
          throw e;
        }
      }
    }
  }

  private void epochs(RunDirectory directory, Training training) {
    Store store = directory.store();
    List<RunDisplay.EpochSummary> summaries = new ArrayList<>();
    long images = 0;
    double trainSeconds = 0;
    try (MetricsLog<EpochRecord> epochLog =
            MetricsLog.create(store, directory.epochs(), Duration.ZERO);
        MetricsLog<StepRecord> stepLog =
            MetricsLog.create(store, directory.steps(), STEP_LOG_INTERVAL)) {
      for (int epoch = 1; epoch <= config.train().epochs(); epoch++) {
        long epochBegan = System.nanoTime();
        if (epoch == 1) {
          display.phase("compiling the model on the replicas");
        }
        Training.Epoch trained = training.trainEpoch();
        if (epoch == 1 && !training.engineFacts().isEmpty()) {
          display.message("engine: " + training.engineFacts());
        }
        images += trained.images();
        trainSeconds += trained.seconds();
        trained.steps().stream()
            .filter(step -> step.step() % config.metrics().everySteps() == 0)
            .forEach(step -> stepLog.add(record(step)));
        display.phase("evaluating");
        EvaluationResult test = training.evaluate();
        EpochRecord record = record(epoch, trained, test, training.graph());
        epochLog.add(record);
        saveModel(store, directory.epochModel(epoch), training.graph());
        status = status.withEpoch(record, images / trainSeconds, seconds(), Instant.now());
        directory.writeStatus(status);
        RunDisplay.EpochSummary summary =
            new RunDisplay.EpochSummary(
                epoch,
                trained.loss(),
                test.loss(),
                test.accuracy(),
                trained.imagesPerSecond(),
                (System.nanoTime() - epochBegan) / 1e9);
        summaries.add(summary);
        display.epoch(summary);
      }
    }
    saveModel(store, directory.model(), training.graph());
    String sha256 = FlatVectors.sha256(FlatVectors.toArray(training.graph().params()));
    end(directory, status.succeeded(sha256, seconds(), Instant.now()));
    display.finished(
        new RunDisplay.Summary(summaries, images / trainSeconds, seconds(), written(directory)));
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
        runId, config.settings(), facts, steps * config.train().epochs(), steps, 0);
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
    written.put("status", store.uri(directory.status()));
    return written;
  }

  private static StepRecord record(StepMetrics step) {
    double stepMillis = step.totalNanos() / 1e6;
    return new StepRecord(
        step.step(),
        step.epoch(),
        step.loss(),
        step.learningRate(),
        stepMillis,
        step.examples() * 1000.0 / stepMillis,
        step.computeNanos() / 1e6,
        step.communicationNanos() / 1e6,
        step.waitNanos() / 1e6,
        step.dataNanos() / 1e6,
        step.bytesSent());
  }

  private static EpochRecord record(
      int epoch, Training.Epoch trained, EvaluationResult test, ComputationGraph graph) {
    List<EpochRecord.ClassRecord> classes = new ArrayList<>();
    for (int c = 0; c < test.precision().size(); c++) {
      String label =
          c < FashionMnist.CLASS_NAMES.size()
              ? FashionMnist.CLASS_NAMES.get(c)
              : Integer.toString(c);
      classes.add(
          new EpochRecord.ClassRecord(label, test.precision().get(c), test.recall().get(c)));
    }
    double rate =
        trained.steps().isEmpty()
            ? Double.NaN
            : trained.steps().get(trained.steps().size() - 1).learningRate();
    return new EpochRecord(
        epoch,
        graph.getIterationCount(),
        trained.loss(),
        test.loss(),
        test.accuracy(),
        trained.imagesPerSecond(),
        trained.seconds(),
        rate,
        classes,
        test.confusion());
  }

  private void end(RunDirectory directory, RunStatus last) {
    status = last;
    directory.writeStatus(last);
  }

  /** The process is told to stop: scripts must not find a run that seems to go on. */
  private void endInterrupted(RunDirectory directory) {
    if (status.state() == RunStatus.State.RUNNING) {
      end(
          directory,
          status.failed(
              ExitCode.TRAINING_FAILED.number(),
              "the process was told to stop",
              seconds(),
              Instant.now()));
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is going down already; the hook has its own look at the status.
    }
  }

  private double seconds() {
    return (System.nanoTime() - began) / 1e9;
  }
}
