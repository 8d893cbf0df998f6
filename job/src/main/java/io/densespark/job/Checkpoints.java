package io.densespark.job;

import io.densespark.checkpoint.BackgroundCheckpointer;
import io.densespark.checkpoint.CheckpointException;
import io.densespark.checkpoint.CheckpointStore;
import io.densespark.checkpoint.TrainingState;
import io.densespark.config.RunConfig;
import io.densespark.metrics.CheckpointRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.RunDirectory;
import io.densespark.sync.Snapshot;
import io.densespark.sync.SnapshotKeeper;
import io.densespark.train.FlatVectors;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What a run can be resumed from, saved beside training: after the epochs and within them as the
 * settings say. The driver writes: it alone has the lock of the run and the store's credentials.
 *
 * <p>At most one checkpoint is being written and one waits; a newer one takes the place of a
 * waiting one that was not evaluated. When one cannot be written the run is stopped: it would go on
 * with nothing to resume from.
 */
final class Checkpoints implements SnapshotKeeper, AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofMinutes(2);
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(2);

  private final RunConfig.CheckpointConfig when;
  private final int epochs;
  private final CheckpointState.RunFacts facts;
  private final MetricsLog<CheckpointRecord> log;
  private final BackgroundCheckpointer uploads;
  private final Map<Long, Duration> pauses = new ConcurrentHashMap<>();
  private volatile CheckpointException failure;

  /** What ends the run already: not thrown a second time when this is closed. */
  private Throwable reported;

  private volatile double bestAccuracy;
  private volatile long keptStep;
  private volatile long keptNanos = System.nanoTime();

  /**
   * @param resumed what the run goes on from; empty: from its start
   * @param stop called when a checkpoint cannot be written; must end what trains
   */
  Checkpoints(
      RunConfig config,
      RunDirectory directory,
      int worldSize,
      Optional<TrainingState> resumed,
      Runnable stop) {
    this.when = config.checkpoint();
    this.epochs = config.train().epochs();
    this.facts =
        new CheckpointState.RunFacts(
            config.train().seed(),
            config.sync().mode().name().toLowerCase(Locale.ROOT),
            worldSize,
            config.settings().resultHash());
    this.bestAccuracy = resumed.map(TrainingState::bestAccuracy).orElse(Double.NaN);
    this.keptStep = resumed.map(TrainingState::step).orElse(0L);
    this.log =
        MetricsLog.resume(
            directory.store(),
            directory.checkpointLog(),
            CheckpointRecord.class,
            LOG_INTERVAL,
            record -> record.step() <= keptStep);
    this.uploads =
        new BackgroundCheckpointer(store(config, directory), CLOSE_LIMIT, new Uploaded(stop));
  }

  private static CheckpointStore store(RunConfig config, RunDirectory directory) {
    return new CheckpointStore(
        directory.store(),
        directory.checkpoints(),
        config.checkpoint().keepLast(),
        config.checkpoint().keepBest());
  }

  /** The newest whole checkpoint of a run; those that are not whole are named to the user. */
  static Optional<TrainingState> newest(
      RunConfig config, RunDirectory directory, RunDisplay display) {
    CheckpointStore.Restored restored = store(config, directory).loadLatest();
    restored
        .skipped()
        .forEach(
            skipped ->
                display.warning(
                    "checkpoint %s is not whole: %s".formatted(skipped.path(), skipped.reason())));
    return restored instanceof CheckpointStore.Whole whole
        ? Optional.of(whole.state())
        : Optional.empty();
  }

  /** What became of an upload. */
  private final class Uploaded implements BackgroundCheckpointer.UploadListener {
    private final Runnable stop;

    Uploaded(Runnable stop) {
      this.stop = stop;
    }

    @Override
    public void onSaved(TrainingState state, Duration took) {
      Duration pause = pauses.getOrDefault(state.step(), Duration.ZERO);
      pauses.keySet().removeIf(step -> step <= state.step());
      log.add(
          new CheckpointRecord(
              state.step(),
              state.epoch(),
              state.stepInEpoch(),
              pause.toNanos() / 1e6,
              took.toNanos() / 1e6));
    }

    @Override
    public void onFailed(CheckpointException thrown) {
      failure = thrown;
      stop.run();
    }
  }

  @Override
  public void keep(Snapshot snapshot, Duration pause) {
    if (FlatVectors.firstNotFinite(snapshot.model().parameters()) >= 0) {
      // The next step ends the run as diverged; the state before is what can be resumed.
      return;
    }
    pauses.put((long) snapshot.model().step(), pause);
    if (uploads.offer(CheckpointState.of(snapshot, facts, bestAccuracy))) {
      kept(snapshot);
    }
  }

  @Override
  public Duration sinceKept() {
    return Duration.ofNanos(System.nanoTime() - keptNanos);
  }

  /**
   * Saves the state after an epoch if the settings want that, and after the last one.
   *
   * @param epoch from 1
   * @param state copies the state
   * @param accuracy on the test images
   */
  void afterEpoch(int epoch, Supplier<Snapshot> state, double accuracy) {
    bestAccuracy = Double.isNaN(bestAccuracy) ? accuracy : Math.max(bestAccuracy, accuracy);
    long began = System.nanoTime();
    Snapshot snapshot = state.get();
    boolean wanted =
        hasModel(epoch)
            || epoch == epochs
            || when.within().due(keptStep, snapshot.model().step(), sinceKept());
    if (wanted) {
      pauses.put((long) snapshot.model().step(), Duration.ofNanos(System.nanoTime() - began));
      uploads.save(CheckpointState.of(snapshot, facts, bestAccuracy), accuracy);
      kept(snapshot);
    }
  }

  /** Whether a model artifact is wanted after an epoch. */
  boolean hasModel(int epoch) {
    return epoch % when.everyEpochs() == 0;
  }

  private void kept(Snapshot snapshot) {
    keptStep = snapshot.model().step();
    keptNanos = System.nanoTime();
  }

  /** Throws if training was stopped because a checkpoint could not be written. */
  void check(Throwable stopped) {
    CheckpointException thrown = failure;
    reported = thrown == null ? stopped : thrown;
    if (thrown != null && thrown != stopped) {
      thrown.addSuppressed(stopped);
      throw thrown;
    }
  }

  /** Waits until everything is saved. */
  @Override
  public void close() {
    try (log) {
      uploads.close();
    } catch (CheckpointException e) {
      if (e != reported) {
        throw e;
      }
    }
  }
}
