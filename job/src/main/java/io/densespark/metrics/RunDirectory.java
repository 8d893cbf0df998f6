package io.densespark.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.storage.StorageException;
import io.densespark.storage.StorageException.Reason;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import io.densespark.text.Text;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of one run in a workspace:
 *
 * <pre>
 * runs/&lt;run-id&gt;/
 *   status.json            state of the run, replaced as it goes
 *   config.json            resolved settings
 *   provenance.json        versions, data, seeds, machine
 *   data.json              images and files that were left out, where there are any
 *   metrics/steps.jsonl    one line a step
 *   metrics/epochs.jsonl   one line an epoch
 *   metrics/mistakes.jsonl the test images that the model was surest of and wrong about
 *   metrics/events.jsonl   one line for each start, resumption, lost replica and end
 *   metrics/steps.parquet  the steps of the run once it is over, and its settings
 *   metrics/epochs.parquet the epochs likewise
 *   metrics/checkpoints.jsonl  one line a checkpoint
 *   metrics/trust-ratios.jsonl one line an epoch of LARS or LAMB
 *   tensorboard/           event files, where they are asked for
 *   lineage.json           what the run read and wrote, as an event of OpenLineage
 *   retrain.json           what came of the retraining; alone here where it trained nothing
 *   checkpoints/           for resuming
 *   models/epoch-N.zip     model after epoch N
 *   model.zip              final model
 *   report.html
 *   room                   keeps room for the last status on a disk; gone once the run is over
 * </pre>
 *
 * @param store the workspace
 * @param runId letters, digits and {@code . _ -}, beginning with a letter or digit, at most 100
 */
public record RunDirectory(Store store, String runId) {

  /** Holds the directories of all runs. */
  public static final String RUNS = "runs";

  /** A shutdown hook may note an event beside the run itself. */
  private static final Object EVENTS = new Object();

  /** What a run writes, its status aside. */
  private static final Set<String> OWN =
      Set.of(
          "config.json",
          "provenance.json",
          "data.json",
          "metrics",
          "checkpoints",
          "models",
          "tensorboard",
          "lineage.json",
          "model.zip",
          "report.html",
          "room");

  private static final int ROOM_BYTES = 64 << 10;

  private static final Pattern EPOCH_MODEL = Pattern.compile("epoch-(\\d{1,9})\\.zip");
  private static final Pattern RUN_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  public RunDirectory {
    if (!RUN_ID.matcher(runId).matches()) {
      throw new IllegalArgumentException(
          Text.format(
              "Run id '%s' cannot be used. Allowed are up to 100 letters, digits and . _ -, beginning"
                  + " with a letter or digit",
              runId));
    }
  }

  /** Path of the directory, relative to the workspace like all the others here. */
  public String path() {
    return RUNS + "/" + runId;
  }

  public String status() {
    return path() + "/status.json";
  }

  public String config() {
    return path() + "/config.json";
  }

  public String provenance() {
    return path() + "/provenance.json";
  }

  /** Images that were left out, by name. */
  public String leftOut() {
    return path() + "/data.json";
  }

  public String steps() {
    return path() + "/metrics/steps.jsonl";
  }

  public String epochs() {
    return path() + "/metrics/epochs.jsonl";
  }

  public String events() {
    return path() + "/metrics/events.jsonl";
  }

  /** The mistakes that the model was surest of when it was last evaluated. */
  public String mistakes() {
    return path() + "/metrics/mistakes.jsonl";
  }

  /** The steps as a single Parquet file. */
  public String stepsTable() {
    return path() + "/metrics/steps.parquet";
  }

  /** The epochs as a single Parquet file. */
  public String epochsTable() {
    return path() + "/metrics/epochs.parquet";
  }

  /** Log of what the checkpoints cost. */
  public String checkpointLog() {
    return path() + "/metrics/checkpoints.jsonl";
  }

  /** Directory of TensorBoard's event files. */
  public String tensorBoard() {
    return path() + "/tensorboard";
  }

  /** What the run read and wrote. */
  public String lineage() {
    return path() + "/lineage.json";
  }

  /** What came of the retraining that this is the slot of. */
  public String retraining() {
    return path() + "/retrain.json";
  }

  /** The run that a retraining found nothing new since; empty: it was none, or it trained. */
  public Optional<String> unchangedSince() {
    return read(retraining(), JsonNode.class)
        .filter(summary -> summary.path("outcome").asText().equals("unchanged"))
        .map(summary -> summary.path("comparedWith").asText());
  }

  /** The log of trust ratios, where the update rule has some. */
  public String trustRatios() {
    return path() + "/metrics/trust-ratios.jsonl";
  }

  public String checkpoints() {
    return path() + "/checkpoints";
  }

  /** Model after an epoch; epochs count from 1. */
  public String epochModel(int epoch) {
    return path() + "/models/epoch-" + epoch + ".zip";
  }

  /** The epochs whose model is there. */
  public NavigableSet<Integer> epochModels() {
    NavigableSet<Integer> epochs = new TreeSet<>();
    for (StoreEntry entry : store.list(path() + "/models")) {
      Matcher name = EPOCH_MODEL.matcher(entry.name());
      if (name.matches()) {
        epochs.add(Integer.valueOf(name.group(1)));
      }
    }
    return epochs;
  }

  public String model() {
    return path() + "/model.zip";
  }

  public String report() {
    return path() + "/report.html";
  }

  /** Whether a run of this id was ever begun: the status is the first file of a run. */
  public boolean exists() {
    return store.exists(status());
  }

  /** The status last written; empty if there is no such run. */
  public Optional<RunStatus> readStatus() {
    return read(status(), RunStatus.class);
  }

  /** The same directory, in which nothing is written any more once its status is removed. */
  public RunDirectory whileThere() {
    return new RunDirectory(store.whileThere(status()), runId);
  }

  /** Keeps room on a disk for the last status and event, should it be full by then. */
  public void keepRoom() {
    if (store.uri().startsWith("file:")) {
      store.replace(room(), Content.of(new byte[ROOM_BYTES]));
    }
  }

  /** Gives back what {@link #keepRoom} kept. */
  public void giveRoom() {
    store.delete(room());
  }

  private String room() {
    return path() + "/room";
  }

  /** Replaces the status. */
  public void writeStatus(RunStatus status) {
    store.replace(status(), Content.of(Json.document(status)));
  }

  /** The provenance; empty if it was not written yet. */
  public Optional<Provenance> readProvenance() {
    return read(provenance(), Provenance.class);
  }

  /** Replaces the provenance. */
  public void writeProvenance(Provenance provenance) {
    store.replace(provenance(), Content.of(Json.document(provenance)));
  }

  /** The mistakes last written; none if there are none yet. */
  public List<MistakeRecord> readMistakes() {
    return MetricsLog.read(store, mistakes(), MistakeRecord.class);
  }

  /** Replaces the mistakes by those of a later evaluation. */
  public void writeMistakes(List<MistakeRecord> mistakes) {
    store.replace(
        mistakes(),
        out -> {
          for (MistakeRecord mistake : mistakes) {
            out.write(Json.line(mistake));
          }
        });
  }

  /** What happened to the run, in order. */
  public List<RunEvent> readEvents() {
    return MetricsLog.read(store, events(), RunEvent.class);
  }

  /** Notes an event behind the others. One process writes to a run at a time. */
  public void addEvent(RunEvent event) {
    synchronized (EVENTS) {
      try (MetricsLog<RunEvent> log =
          MetricsLog.resume(store, events(), RunEvent.class, Duration.ZERO, earlier -> true)) {
        log.add(event);
      }
    }
  }

  /**
   * Removes everything that a run writes, its status last, so that a run half deleted still shows.
   * Whatever else somebody put there stays.
   */
  public void delete() {
    for (StoreEntry entry : store.list(path())) {
      if (OWN.contains(entry.name())) {
        store.delete(entry.path());
      }
    }
    store.delete(status());
  }

  private <T> Optional<T> read(String file, Class<T> type) {
    try {
      return Optional.of(Json.read(store.read(file), type));
    } catch (StorageException e) {
      if (e.reason() == Reason.MISSING) {
        return Optional.empty();
      }
      throw e;
    } catch (IOException e) {
      throw new StorageException(
          Reason.DAMAGED,
          Text.format(
              "%s is not what this program writes: %s. Restore it, read it with the version that wrote it, or start over with --fresh or under another --run-id",
              store.uri(file), e.getMessage()),
          e);
    }
  }
}
