package io.densespark.checkpoint;

import io.densespark.checkpoint.CheckpointManifest.FileDigest;
import io.densespark.checkpoint.DamagedCheckpointException.Was;
import io.densespark.storage.Content;
import io.densespark.storage.DigestedContent;
import io.densespark.storage.Json;
import io.densespark.storage.StorageException;
import io.densespark.storage.StorageException.Reason;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import io.densespark.text.Text;
import io.densespark.train.RankState;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run.
 *
 * <p>Each lies in a directory of its own that is never written twice, {@code step-<step>-<random>}.
 * Data files come first, {@code manifest.json} with their lengths and SHA-256 last; no directory is
 * renamed. Loading verifies everything and falls back to the newest checkpoint that is whole. One
 * process writes to a run at a time.
 */
public final class CheckpointStore {

  /** What was found when loading. */
  public sealed interface Restored permits Nothing, Whole {
    /** Newer ones that are not whole, newest first, with the reason. */
    List<Skipped> skipped();
  }

  /** There is no checkpoint; uploads that never finished may have been skipped. */
  public record Nothing(List<Skipped> skipped) implements Restored {}

  /** The newest whole checkpoint. */
  public record Whole(Checkpoint checkpoint, String path, List<Skipped> skipped)
      implements Restored {}

  /** A checkpoint that was not taken. */
  public record Skipped(String path, String reason) {}

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
  private static final Pattern DIRECTORY = Pattern.compile("step-(\\d{10,18})-[0-9a-f]{8}");
  private static final String PARAMETERS = "parameters.f32";
  private static final String UPDATER = "updater.f32";
  private static final String EMA = "extra-ema.f32";
  private static final String RANK_STATE = "extra-rank-";
  private static final String STEPS = "extra-steps.jsonl";

  private final Store store;
  private final String directory;
  private final Retention retention;

  /** Manifests that were read: a directory is never written twice. Empty where one is damaged. */
  private final Map<String, Optional<CheckpointManifest>> manifests = new HashMap<>();

  /**
   * @param directory of the run's checkpoints, relative to the workspace
   * @param keepLast newest checkpoints kept, at least 1
   * @param keepBest checkpoints of the best accuracy kept beside them
   */
  public CheckpointStore(Store store, String directory, int keepLast, int keepBest) {
    this.store = store;
    this.directory = directory;
    this.retention = new Retention(keepLast, keepBest);
  }

  /**
   * Saves a checkpoint, reads it back, and then lets go of those no longer kept.
   *
   * @return its path
   * @throws StorageException if it could not be written; the earlier ones are untouched
   * @throws CheckpointException if it did not read back as written; the earlier ones are untouched
   */
  public String save(Checkpoint checkpoint) {
    TrainingState state = checkpoint.state();
    String path =
        Text.format(
            "%s/step-%010d-%s",
            directory, state.step(), UUID.randomUUID().toString().substring(0, 8));
    Map<String, FileDigest> files = new TreeMap<>();
    publish(path, PARAMETERS, CheckpointFiles.floats(state.parameters()), files);
    publish(path, UPDATER, CheckpointFiles.floats(state.updaterState()), files);
    if (state.ema().length > 0) {
      publish(path, EMA, CheckpointFiles.floats(state.ema()), files);
    }
    for (int rank = 0; rank < state.rankStates().size(); rank++) {
      publish(
          path,
          RANK_STATE + rank,
          CheckpointFiles.floats(state.rankStates().get(rank).values()),
          files);
    }
    if (!state.steps().isEmpty()) {
      ByteArrayOutputStream lines = new ByteArrayOutputStream();
      state.steps().forEach(step -> lines.writeBytes(Json.line(step)));
      publish(path, STEPS, Content.of(lines.toByteArray()), files);
    }
    CheckpointManifest manifest = CheckpointManifest.of(checkpoint, files, Instant.now());
    store.publish(path + "/" + CheckpointManifest.FILE, Content.of(manifest.document()));
    try {
      load(path);
    } catch (DamagedCheckpointException e) {
      throw new CheckpointException(
          Text.format(
              "The checkpoint %s did not read back as it was written: %s. The earlier ones are kept; check the store",
              store.uri(path), e.getMessage()),
          e);
    }
    manifests.put(path, Optional.of(manifest));
    retain(path, state.step());
    return path;
  }

  /**
   * The newest whole checkpoint, every byte of it verified.
   *
   * @throws CheckpointException if there were complete ones and all of them are damaged: starting
   *     over is for the user to decide
   * @throws StorageException if the store cannot be reached or does not allow reading
   */
  public Restored loadLatest() {
    List<Skipped> skipped = new ArrayList<>();
    boolean damaged = false;
    for (String path : newestFirst()) {
      try {
        return new Whole(load(path), path, List.copyOf(skipped));
      } catch (DamagedCheckpointException e) {
        skipped.add(new Skipped(path, e.getMessage()));
        damaged |= e.was() == Was.COMPLETE;
      }
    }
    if (damaged) {
      throw new CheckpointException(
          Text.format(
              "None of the checkpoints in %s is whole: %s. Restore one of them, or start over with --fresh",
              store.uri(directory), skipped));
    }
    return new Nothing(List.copyOf(skipped));
  }

  private void publish(String path, String name, Content content, Map<String, FileDigest> files) {
    DigestedContent digested = new DigestedContent(content);
    store.publish(path + "/" + name, digested);
    files.put(name, new FileDigest(digested.bytes(), digested.sha256()));
  }

  private Checkpoint load(String path) throws DamagedCheckpointException {
    CheckpointManifest manifest = manifest(path);
    List<RankState> rankStates = new ArrayList<>();
    for (int rank = 0; manifest.files().containsKey(RANK_STATE + rank); rank++) {
      rankStates.add(
          new RankState(read(path, RANK_STATE + rank, manifest, CheckpointFiles::readFloats)));
    }
    List<StepMetrics> steps =
        manifest.files().containsKey(STEPS)
            ? read(path, STEPS, manifest, CheckpointFiles::readSteps)
            : List.of();
    if (steps.size() != manifest.stepInEpoch()) {
      throw new DamagedCheckpointException(
          Was.COMPLETE,
          Text.format(
              "it holds %d steps of the epoch under way, its manifest says %d",
              steps.size(), manifest.stepInEpoch()),
          null);
    }
    TrainingState state =
        new TrainingState(
            manifest.epoch(),
            manifest.step(),
            read(path, PARAMETERS, manifest, CheckpointFiles::readFloats),
            read(path, UPDATER, manifest, CheckpointFiles::readFloats),
            manifest.files().containsKey(EMA)
                ? read(path, EMA, manifest, CheckpointFiles::readFloats)
                : new float[0],
            rankStates,
            steps);
    return new Checkpoint(
        state,
        manifest.worldSize(),
        manifest.configHash(),
        manifest.accuracy(),
        manifest.bestAccuracy());
  }

  private CheckpointManifest manifest(String path) throws DamagedCheckpointException {
    try {
      return CheckpointManifest.parse(store.read(path + "/" + CheckpointManifest.FILE));
    } catch (StorageException e) {
      rethrowUnlessOfTheFile(e);
      if (e.reason() == Reason.MISSING) {
        throw new DamagedCheckpointException(
            Was.UNFINISHED, "no manifest: its upload never finished", e);
      }
      throw new DamagedCheckpointException(Was.COMPLETE, e.getMessage(), e);
    } catch (IOException e) {
      throw new DamagedCheckpointException(
          Was.COMPLETE, CheckpointManifest.FILE + ": " + e.getMessage(), e);
    }
  }

  /** Reads one data file. */
  @FunctionalInterface
  private interface Reading<T> {
    T from(InputStream in, FileDigest expected) throws IOException;
  }

  private <T> T read(String path, String name, CheckpointManifest manifest, Reading<T> reading)
      throws DamagedCheckpointException {
    FileDigest expected = manifest.files().get(name);
    if (expected == null) {
      throw new DamagedCheckpointException(
          Was.COMPLETE, "the manifest does not name " + name, null);
    }
    try (InputStream in = store.open(path + "/" + name)) {
      return reading.from(in, expected);
    } catch (StorageException e) {
      rethrowUnlessOfTheFile(e);
      String reason = e.reason() == Reason.MISSING ? name + " is missing" : e.getMessage();
      throw new DamagedCheckpointException(Was.COMPLETE, reason, e);
    } catch (IOException e) {
      throw new DamagedCheckpointException(Was.COMPLETE, name + ": " + e.getMessage(), e);
    }
  }

  /**
   * A store that is out of reach says nothing about its files: falling back would lose good steps.
   */
  private static void rethrowUnlessOfTheFile(StorageException e) {
    if (e.reason() != Reason.MISSING && e.reason() != Reason.FAILED) {
      throw e;
    }
  }

  private List<String> newestFirst() {
    return store.list(directory).stream()
        .filter(StoreEntry::directory)
        .filter(entry -> DIRECTORY.matcher(entry.name()).matches())
        .sorted(Comparator.comparing(StoreEntry::modifiedAt).reversed())
        .sorted(Comparator.comparingLong((StoreEntry entry) -> step(entry.path())).reversed())
        .map(StoreEntry::path)
        .toList();
  }

  private static long step(String path) {
    Matcher matcher = DIRECTORY.matcher(path.substring(path.lastIndexOf('/') + 1));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("No checkpoint directory: " + path);
    }
    return Long.parseLong(matcher.group(1));
  }

  /** Deletes what is not kept. What comes after the one given in steps is left alone. */
  private void retain(String saved, long savedStep) {
    try {
      Map<String, CheckpointManifest> whole = new LinkedHashMap<>();
      List<String> broken = new ArrayList<>();
      List<String> paths = newestFirst();
      manifests.keySet().retainAll(paths);
      for (String path : paths) {
        if (!path.equals(saved) && step(path) > savedStep) {
          continue;
        }
        manifests
            .computeIfAbsent(path, this::manifestIfReadable)
            .ifPresentOrElse(found -> whole.put(path, found), () -> broken.add(path));
      }
      Set<String> kept = retention.kept(whole, saved);
      whole.keySet().stream().filter(path -> !kept.contains(path)).forEach(this::delete);
      broken.forEach(this::delete);
    } catch (StorageException e) {
      // The new checkpoint is safe; what could not be deleted is tried again after the next one.
      LOG.warn("Old checkpoints in {} are still there: {}", directory, e.getMessage());
    }
  }

  private Optional<CheckpointManifest> manifestIfReadable(String path) {
    try {
      return Optional.of(manifest(path));
    } catch (DamagedCheckpointException e) {
      return Optional.empty();
    }
  }

  /** The manifest first: what is half deleted must not look whole. */
  private void delete(String path) {
    store.delete(path + "/" + CheckpointManifest.FILE);
    store.delete(path);
  }
}
