package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.observe.MlflowServer;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.spark.util.ThreadUtils;

/**
 * Keeps the record of a run at MLflow. Each time it sends what the server does not have yet of what
 * the run has written; the server is asked what that is, so that a resumed run goes on in the same
 * record and nothing is lost while the server is down. All of it happens on a thread of its own.
 */
final class Mlflow {

  /** Tells the runs of all outputs apart; another one each time that a run is begun anew. */
  private static final String IDENTITY = "densespark.run.uuid";

  /** The last of an epoch's metrics to be sent: where it is, the others are. */
  private static final String LAST_METRIC = "train_loss";

  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final RunDirectory directory;
  private final MlflowServer server;
  private final String experiment;
  private final Consumer<String> warn;
  private final Duration limit;
  private final ExecutorService sending = ThreadUtils.newDaemonSingleThreadExecutor("mlflow");
  private Future<?> newest;
  private boolean warned;

  /**
   * @param limit longest wait at the end of the run
   */
  Mlflow(
      RunDirectory directory,
      MlflowServer server,
      String experiment,
      Consumer<String> warn,
      Duration limit) {
    this.directory = directory;
    this.server = server;
    this.experiment = experiment;
    this.warn = warn;
    this.limit = limit;
  }

  /** The record of a run that is to have one. */
  static Optional<Mlflow> of(RunDirectory directory, RunConfig config, Consumer<String> warn) {
    return config
        .metrics()
        .mlflowUrl()
        .map(
            url ->
                new Mlflow(
                    directory,
                    new MlflowServer(url, System::getenv),
                    config.metrics().mlflowExperiment(),
                    warn,
                    LIMIT));
  }

  /** Has what is new sent, without a wait; a failure is told once, and mended by the next. */
  void update(RunStatus status) {
    if (newest == null || newest.isDone()) {
      newest = sending.submit(() -> sendOrWarn(status));
    }
  }

  private void sendOrWarn(RunStatus status) {
    try {
      send(status);
    } catch (IOException | RuntimeException e) {
      if (!warned) {
        warned = true;
        warn.accept(
            Text.format(
                "metrics.mlflow-url: nothing new could be stored, %s; it is tried again after every"
                    + " epoch and at the end",
                reason(e)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Sends all of a run that is over, and waits for that, though not for long.
   *
   * @throws IllegalStateException where the server does not have all
   */
  void end(RunStatus status) {
    Future<Void> last =
        sending.submit(
            () -> {
              send(status);
              return null;
            });
    String failure;
    try {
      last.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return;
    } catch (ExecutionException e) {
      failure = reason(e.getCause());
    } catch (TimeoutException e) {
      failure = "there was no answer in time";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = "the process was stopped";
    } finally {
      sending.shutdownNow();
    }
    throw new IllegalStateException("metrics.mlflow-url: " + failure);
  }

  private static String reason(Throwable failure) {
    return failure instanceof IOException && failure.getMessage() != null
        ? failure.getMessage()
        : failure instanceof IOException ? "there was no answer" : failure.toString();
  }

  private void send(RunStatus status) throws IOException, InterruptedException {
    String place = server.experiment(experiment);
    String uri = directory.store().uri(directory.path());
    String identity =
        UUID.nameUUIDFromBytes((uri + " " + status.startedAt()).getBytes(StandardCharsets.UTF_8))
            .toString();
    Optional<MlflowServer.Run> earlier = server.find(place, IDENTITY, identity);
    MlflowServer.Run run =
        earlier.isPresent()
            ? earlier.get()
            : server.create(place, status.runId(), status.startedAt(), Map.of(IDENTITY, identity));
    Map<String, String> params = new LinkedHashMap<>(RunEnding.settings(directory));
    params.keySet().removeAll(run.params());
    server.log(run.id(), metrics(run.steps().getOrDefault(LAST_METRIC, 0L)), params, tags(status));
    boolean over = status.state() != RunStatus.State.RUNNING;
    if (over && MlflowServer.takesFilesOf(run)) {
      for (String file : List.of(directory.report(), directory.model())) {
        if (directory.store().exists(file)) {
          server.upload(
              run, file.substring(file.lastIndexOf('/') + 1), directory.store().read(file));
        }
      }
    }
    server.update(
        run.id(), state(status), over ? Optional.of(status.updatedAt()) : Optional.empty());
  }

  private List<MlflowServer.Metric> metrics(long lastEpoch) {
    List<MlflowServer.Metric> metrics = new ArrayList<>();
    Instant now = Instant.now();
    for (EpochRecord record :
        MetricsLog.read(directory.store(), directory.epochs(), EpochRecord.class)) {
      if (record.epoch() > lastEpoch) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("test_loss", record.testLoss());
        values.put("test_accuracy", record.testAccuracy());
        values.put("validation_loss", record.validationLoss());
        values.put("validation_accuracy", record.validationAccuracy());
        values.put("learning_rate", record.learningRate());
        values.put("images_per_second", record.imagesPerSecond());
        values.put("epoch_seconds", record.seconds());
        values.put(LAST_METRIC, record.trainLoss());
        values.forEach(
            (key, value) -> {
              if (value != null) {
                metrics.add(new MlflowServer.Metric(key, value, now, record.epoch()));
              }
            });
      }
    }
    return metrics;
  }

  private Map<String, String> tags(RunStatus status) {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("mlflow.source.name", "densespark");
    tags.put("mlflow.source.type", "JOB");
    tags.put("mlflow.user", System.getProperty("user.name"));
    tags.put("densespark.run.id", status.runId());
    tags.put("densespark.run.uri", directory.store().uri(directory.path()));
    Optional<Provenance> provenance = directory.readProvenance();
    provenance.ifPresent(
        made -> {
          made.versions()
              .forEach((part, version) -> tags.put("densespark.version." + part, version));
          tags.put("densespark.settings.hash", made.settingsHash());
          tags.put("densespark.data.fingerprint", made.images().fingerprint());
          tags.put("densespark.data.place", made.images().place());
          tags.put("densespark.replicas", String.valueOf(made.replicas()));
        });
    if (status.state() == RunStatus.State.SUCCEEDED) {
      tags.put("densespark.model.uri", directory.store().uri(directory.model()));
      tags.put("densespark.model.parametersSha256", status.parametersSha256());
    }
    if (status.state() == RunStatus.State.FAILED) {
      tags.put("densespark.exitCode", String.valueOf(status.exitCode()));
      tags.put("densespark.error", String.valueOf(status.error()));
    }
    tags.values().removeIf(Objects::isNull);
    return tags;
  }

  private static MlflowServer.State state(RunStatus status) {
    return switch (status.state()) {
      case RUNNING -> MlflowServer.State.RUNNING;
      case SUCCEEDED -> MlflowServer.State.FINISHED;
      case FAILED ->
          status.exitCode() >= ExitCode.HUNG_UP.number()
              ? MlflowServer.State.KILLED
              : MlflowServer.State.FAILED;
    };
  }
}
