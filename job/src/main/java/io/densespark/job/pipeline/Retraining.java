package io.densespark.job.pipeline;

import io.densespark.config.RunConfig;
import io.densespark.dataset.ImageDataset;
import io.densespark.dataset.ImageSource;
import io.densespark.evaluation.ExampleResults;
import io.densespark.job.ExitCode;
import io.densespark.job.FailureText;
import io.densespark.job.Inputs;
import io.densespark.job.RunDisplay;
import io.densespark.job.ShutdownHook;
import io.densespark.job.SparkConnection;
import io.densespark.job.StopSignal;
import io.densespark.job.Submission;
import io.densespark.job.Versions;
import io.densespark.job.Workspace;
import io.densespark.job.pipeline.RetrainSummary.Outcome;
import io.densespark.job.run.TrainJob;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.registry.GateDecision;
import io.densespark.registry.ModelRegistry;
import io.densespark.registry.ModelVersion;
import io.densespark.registry.RegistryEvent;
import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.storage.StoreLock;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.FSError;

/** One call of {@link RetrainJob}: what it has found out so far, and how it is told. */
final class Retraining {

  private static final int HASH_DIGITS = 16;

  private final RunConfig config;
  private final RunDisplay display;
  private final Optional<LocalDate> asOf;
  private final boolean dryRun;
  private final boolean force;
  private final Instant startedAt = Instant.now();
  private volatile String runId;
  private volatile boolean ours;
  private volatile String fingerprint;
  private String comparedWith;
  private Integer version;
  private Integer formerChampion;
  private Double accuracy;
  private volatile GateDecision decision;
  private boolean repeated;
  private boolean told;

  Retraining(
      RunConfig config,
      RunDisplay display,
      Optional<LocalDate> asOf,
      boolean dryRun,
      boolean force) {
    this.config = config;
    this.display = display;
    this.asOf = asOf;
    this.dryRun = dryRun;
    this.force = force;
  }

  ExitCode run() throws IOException {
    try (Workspace workspace = Workspace.open(config)) {
      ModelRegistry registry = workspace.registry();
      ShutdownHook hook = new ShutdownHook(() -> tellInterrupted(workspace, registry));
      try (hook) {
        return run(workspace, registry);
      }
    }
  }

  private ExitCode run(Workspace workspace, ModelRegistry registry) throws IOException {
    try {
      ImageSource source = Inputs.images(config, Inputs.hadoop(config));
      try (SparkConnection reader =
          source.looked().isPresent() ? null : SparkConnection.open(config)) {
        ImageDataset images = source.looked().orElseGet(() -> source.open(reader.context()));
        stages(workspace, registry, images);
      }
    } catch (Exception | LinkageError | OutOfMemoryError | FSError e) {
      ExitCode code = ExitCode.of(e);
      tell(workspace, summary(Outcome.FAILED, code, FailureText.line(e), null));
      throw e;
    }
    return tellDecision(workspace, registry);
  }

  private void stages(Workspace workspace, ModelRegistry registry, ImageDataset images)
      throws IOException {
    fingerprint = images.fingerprint();
    runId = slot(images);
    display.message("this slot is the run " + runId);
    try (StoreLock lock =
        StoreLock.acquire(
            workspace.store(),
            "retrain-" + runId,
            "retrain",
            config.run().lockLease(),
            Submission.lockTimeout(config.run().lockLease()))) {
      if (isUnchanged(workspace, registry, images)) {
        return;
      }
      ours = true;
      formerChampion = registry.aliases().champion();
      decided(workspace, registry, images);
      lock.requireHeld();
    }
  }

  /** Whether this slot would only train the newest version again. One that was begun goes on. */
  private boolean isUnchanged(Workspace workspace, ModelRegistry registry, ImageDataset images)
      throws IOException {
    int newest = registry.aliases().newest();
    if (force || dryRun || config.fresh() || newest == 0 || workspace.run(runId).exists()) {
      return false;
    }
    ModelVersion last = registry.version(newest);
    Optional<RegistryEvent> verdict =
        registry.verdictOn(newest).filter(event -> event.decision() != null);
    if (verdict.isEmpty() || !last.files().containsKey(ModelVersion.PROVENANCE)) {
      return false;
    }
    Provenance before = Json.read(registry.read(last, ModelVersion.PROVENANCE), Provenance.class);
    if (before.images() == null
        || !before.images().fingerprint().equals(images.fingerprint())
        || !config.settings().resultHash().equals(before.settingsHash())) {
      return false;
    }
    ours = true;
    comparedWith = last.runId();
    version = newest;
    accuracy = last.accuracy();
    decision = verdict.get().decision();
    formerChampion = registry.aliases().champion();
    display.message(
        Text.format(
            "data unchanged, and the settings too: nothing to do since version %d of %s, which was %s; --force trains all the same",
            newest, registry.name(), decision.accepted() ? "promoted" : "rejected"));
    return true;
  }

  private ExitCode tellDecision(Workspace workspace, ModelRegistry registry) {
    ExitCode code =
        decision.accepted() || comparedWith != null ? ExitCode.SUCCESS : ExitCode.GATE_REJECTED;
    tell(workspace, summary(outcome(), code, null, registry.aliases().champion()));
    return code;
  }

  private void tellInterrupted(Workspace workspace, ModelRegistry registry) {
    if (decision != null) {
      tellDecision(workspace, registry);
    } else {
      ExitCode code = StopSignal.received().orElse(ExitCode.TRAINING_FAILED);
      tell(workspace, summary(Outcome.FAILED, code, TrainJob.INTERRUPTED, null));
    }
  }

  private void decided(Workspace workspace, ModelRegistry registry, ImageDataset images)
      throws IOException {
    RunDirectory run = workspace.run(runId);
    if (foundDecision(run, registry)) {
      repeated = true;
      display.message(
          Text.format(
              "version %d of %s was %s already; nothing is done",
              version, registry.name(), decision.accepted() ? "promoted" : "rejected"));
      return;
    }
    display.phase("starting Spark");
    try (SparkConnection spark = SparkConnection.open(config)) {
      new TrainJob(config.named(runId), display).run();
      try (TestBench bench = new TestBench(config, spark, images)) {
        Candidate candidate = Candidate.ofRun(run);
        ExampleResults results = RegisterJob.measured(bench, candidate, display);
        accuracy = results.result().accuracy();
        GateJob gate = new GateJob(config, registry, bench, images, display);
        if (dryRun) {
          decision = gate.decide(registry.aliases().newest() + 1, candidate, results);
        } else {
          Optional<ModelVersion> known = registry.byKey(candidate.key());
          version =
              known
                  .orElseGet(
                      () -> RegisterJob.register(registry, candidate, results, bench, display))
                  .version();
          decision = gate.apply(version, candidate, results);
        }
        PromoteJob.outcome(decision, dryRun, display);
      }
    }
  }

  /** Whether the gate has decided about this very model before. */
  private boolean foundDecision(RunDirectory run, ModelRegistry registry) {
    if (dryRun || config.fresh()) {
      return false;
    }
    Optional<ModelVersion> known =
        run.readStatus()
            .filter(status -> status.state() == RunStatus.State.SUCCEEDED)
            .flatMap(status -> registry.byKey(Candidate.key(runId, status.parametersSha256())));
    Optional<RegistryEvent> verdict =
        known
            .flatMap(found -> registry.verdictOn(found.version()))
            .filter(event -> event.decision() != null);
    if (verdict.isEmpty()) {
      return false;
    }
    version = known.get().version();
    accuracy = known.get().accuracy();
    decision = verdict.get().decision();
    return true;
  }

  /** Name of the run: that of the settings, or of the day, or of all that makes the result. */
  private String slot(ImageDataset images) {
    String name = config.registry().name();
    if (asOf.isPresent()) {
      return name + "-" + asOf.get();
    }
    if (config.run().runId().isPresent()) {
      return config.run().runId().get();
    }
    Map<String, String> parts = new TreeMap<>(Versions.all());
    parts.put("settings", config.settings().resultHash());
    images.checksums().values().forEach(sha256 -> parts.put("data " + sha256, ""));
    String hash = DigestUtils.sha256Hex(parts.toString().getBytes(StandardCharsets.UTF_8));
    return name + "-" + hash.substring(0, HASH_DIGITS);
  }

  private Outcome outcome() {
    if (comparedWith != null) {
      return Outcome.UNCHANGED;
    }
    if (dryRun) {
      return decision.accepted() ? Outcome.DRY_RUN_ACCEPTED : Outcome.DRY_RUN_REJECTED;
    }
    return decision.accepted() ? Outcome.PROMOTED : Outcome.REJECTED;
  }

  private RetrainSummary summary(Outcome outcome, ExitCode code, String error, Integer champion) {
    return new RetrainSummary(
        outcome,
        code.number(),
        error,
        repeated,
        config.registry().name(),
        config.run().output(),
        runId,
        fingerprint,
        comparedWith,
        version,
        champion,
        formerChampion,
        accuracy,
        decision,
        startedAt,
        Duration.between(startedAt, Instant.now()).toMillis() / 1000.0);
  }

  /**
   * Once: the thread that retrains may fail because the process is ended. Neither a summary nor a
   * notification that fails changes the outcome.
   */
  private synchronized void tell(Workspace workspace, RetrainSummary summary) {
    if (told) {
      return;
    }
    told = true;
    // Another process that has the lock writes its own.
    if (ours) {
      try {
        String path = workspace.run(runId).retraining();
        if (!repeated || !workspace.store().exists(path)) {
          workspace.store().replace(path, Content.of(Json.document(summary)));
        }
      } catch (RuntimeException e) {
        display.warning("the summary was not written: " + e.getMessage());
      }
    }
    Notification.send(config.notification(), summary).ifPresent(display::warning);
  }
}
