package io.densespark.job.run;

import io.densespark.checkpoint.BackgroundCheckpointer;
import io.densespark.checkpoint.Checkpoint;
import io.densespark.checkpoint.CheckpointException;
import io.densespark.checkpoint.CheckpointStore;
import io.densespark.config.RunConfig;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.job.ShutdownHook;
import io.densespark.metrics.CheckpointRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.RunDirectory;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import io.densespark.sync.SnapshotReceiver;
import io.densespark.text.Text;
import io.densespark.train.FlatVectors;
import io.densespark.train.PlainModel;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * What a run can be resumed from, saved beside training: after the epochs and within them as the
 * settings say. The driver writes: it alone has the lock of the run and the store's credentials.
 *
 * <p>At most one checkpoint is being written and one waits; a newer one takes the place of a
 * waiting one that was not evaluated. When one cannot be written the run is stopped: it would go on
 * with nothing to resume from.
 */
final class Checkpoints implements RunListener, SnapshotReceiver, AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofMinutes(2);
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(2);

  /** Docker kills ten seconds after it has told a process to stop, others later. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(8);

  private final RunConfig.CheckpointConfig when;
  private final RunDirectory directory;
  private final ModelSignature signature;
  private final Cancellation cancellation;
  private final int worldSize;
  private final String configHash;
  private final MetricsLog<CheckpointRecord> log;
  private final BackgroundCheckpointer uploads;
  private final ShutdownHook hook;
  private final Map<Integer, Duration> pauses = new ConcurrentHashMap<>();
  private volatile double bestAccuracy;
  private volatile int keptStep;
  private volatile long keptNanos = System.nanoTime();
  private volatile long savedNanos = System.nanoTime();
  private volatile boolean wanted;
  private int doneStep;
  private int savedStep;

  /**
   * @param signature of the models that are saved
   * @param resumed what the run goes on from; empty: from its start
   * @param cancellation told when a checkpoint cannot be written
   */
  Checkpoints(
      RunConfig config,
      RunDirectory directory,
      ModelSignature signature,
      int worldSize,
      Optional<Checkpoint> resumed,
      Cancellation cancellation) {
    this.when = config.checkpoint();
    this.directory = directory;
    this.cancellation = cancellation;
    this.signature = signature;
    this.worldSize = worldSize;
    this.configHash = config.settings().resultHash();
    this.bestAccuracy = resumed.map(Checkpoint::bestAccuracy).orElse(Double.NaN);
    this.keptStep = resumed.map(earlier -> earlier.state().step()).orElse(0);
    this.doneStep = keptStep;
    this.savedStep = keptStep;
    this.log =
        MetricsLog.resume(
            directory.store(),
            directory.checkpointLog(),
            CheckpointRecord.class,
            LOG_INTERVAL,
            record -> record.step() <= keptStep);
    this.uploads =
        new BackgroundCheckpointer(store(config, directory), CLOSE_LIMIT, new Uploaded());
    this.hook = new ShutdownHook(this::saveBeforeTheEnd);
  }

  private static CheckpointStore store(RunConfig config, RunDirectory directory) {
    return new CheckpointStore(
        directory.store(),
        directory.checkpoints(),
        config.checkpoint().keepLast(),
        config.checkpoint().keepBest());
  }

  /**
   * The newest whole checkpoint of a run; those that are not whole are named to the user.
   *
   * @throws JobException if it is of other settings
   */
  static Optional<Checkpoint> newest(RunConfig config, RunDirectory directory, RunDisplay display) {
    CheckpointStore.Restored restored = store(config, directory).loadLatest();
    restored
        .skipped()
        .forEach(
            skipped ->
                display.warning(
                    Text.format(
                        "checkpoint %s is not whole: %s", skipped.path(), skipped.reason())));
    if (!(restored instanceof CheckpointStore.Whole whole)) {
      return Optional.empty();
    }
    if (!whole.checkpoint().configHash().equals(config.settings().resultHash())) {
      throw JobException.usage(
          Text.format(
              "the checkpoint %s was made with other settings than those of the run's config.json: put back the file it was made with, choose another --run-id, or start over with --fresh",
              directory.store().uri(whole.path())));
    }
    return Optional.of(whole.checkpoint());
  }

  /** What became of an upload. */
  private final class Uploaded implements BackgroundCheckpointer.UploadListener {
    @Override
    public void onSaved(Checkpoint saved, Duration took) {
      savedNanos = System.nanoTime();
      TrainingState state = saved.state();
      Duration pause = pauses.getOrDefault(state.step(), Duration.ZERO);
      pauses.keySet().removeIf(step -> step <= state.step());
      log.add(
          new CheckpointRecord(
              state.step(),
              state.epoch(),
              state.stepInEpoch(),
              pause.toNanos() / 1e6,
              took.toNanos() / 1e6));
      saved(state.step());
    }

    @Override
    public void onFailed(CheckpointException thrown) {
      cancellation.cancel(thrown);
    }
  }

  @Override
  public void keep(TrainingState state, Duration pause) {
    if (FlatVectors.firstNotFinite(state.parameters()) >= 0) {
      // The next step ends the run as diverged; the state before is what can be resumed.
      return;
    }
    pauses.put(state.step(), pause);
    if (uploads.offer(checkpoint(state, Double.NaN))) {
      kept(state);
    }
  }

  @Override
  public boolean isWanted() {
    return wanted;
  }

  @Override
  public synchronized void onStep(StepMetrics step) {
    doneStep = step.step();
  }

  private synchronized void saved(int step) {
    savedStep = step;
    notifyAll();
  }

  /**
   * The process is told to stop: has what was trained since the last checkpoint saved, and waits
   * for it, for {@link #STOP_LIMIT} at most. Training goes on meanwhile.
   */
  private synchronized void saveBeforeTheEnd() {
    wanted = doneStep > keptStep;
    long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
    int enough = Math.max(doneStep, keptStep);
    try {
      for (long left; savedStep < enough && (left = deadline - System.nanoTime()) > 0; ) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Duration sinceKept() {
    return Duration.ofNanos(System.nanoTime() - keptNanos);
  }

  /** Time since a checkpoint was stored, or since this process began. */
  Duration sinceSaved() {
    return Duration.ofNanos(System.nanoTime() - savedNanos);
  }

  /**
   * Saves the model and the state if the settings want that, and the state after the last epoch.
   */
  @Override
  public void onEpoch(EpochEnd end) {
    int epoch = end.record().epoch();
    double accuracy = end.record().selectionAccuracy();
    bestAccuracy = Double.isNaN(bestAccuracy) ? accuracy : Math.max(bestAccuracy, accuracy);
    boolean withModel = epoch % when.everyEpochs() == 0;
    if (withModel) {
      saveModel(directory.epochModel(epoch), end.trainer());
    }
    long began = System.nanoTime();
    TrainingState state = end.trainer().state();
    if (withModel
        || wanted
        || end.isLast()
        || when.within().due(keptStep, state.step(), sinceKept())) {
      pauses.put(state.step(), Duration.ofNanos(System.nanoTime() - began));
      uploads.save(checkpoint(state, accuracy));
      kept(state);
    }
  }

  /** Writes the model as a zip that plain DL4J reads. */
  void saveModel(String path, Trainer trainer) {
    ComputationGraph plain = PlainModel.of(trainer.model());
    directory
        .store()
        .replace(
            path, out -> ModelZip.write(plain, signature, ModelZip.UpdaterState.INCLUDED, out));
  }

  private Checkpoint checkpoint(TrainingState state, double accuracy) {
    return new Checkpoint(state, worldSize, configHash, accuracy, bestAccuracy);
  }

  private void kept(TrainingState state) {
    keptStep = state.step();
    keptNanos = System.nanoTime();
    wanted = false;
  }

  /** Waits until everything is saved. */
  @Override
  public void close() {
    try (hook;
        log) {
      uploads.close();
    } catch (CheckpointException e) {
      // What ends the run already is not thrown a second time.
      if (!cancellation.isReason(e)) {
        throw e;
      }
    }
  }
}
