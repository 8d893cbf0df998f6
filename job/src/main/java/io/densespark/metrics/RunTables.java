package io.densespark.metrics;

import io.densespark.metrics.EpochRecord.ClassRecord;
import io.densespark.storage.Store;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/**
 * The logs of a run as Parquet, so that {@code spark.read.parquet("<output>/runs/*}{@code
 * /metrics/epochs.parquet")} answers questions across runs.
 *
 * <p>Columns have the names of the JSON lines. Before them stand columns of the run, the same in
 * both tables and in every run, whatever its settings: {@code runId}, {@code state} (running,
 * succeeded, failed), {@code startedAt} (UTC), {@code model}, {@code engine}, {@code syncMode},
 * {@code replicas}, {@code batchSize}, {@code seed} and {@code settings}, a map of every setting
 * that counts, by its dotted name. What is not known or not finite is null.
 */
public final class RunTables {

  private static final String RUN_COLUMNS =
      """
      required binary runId (STRING);
      required binary state (STRING);
      optional int64 startedAt (TIMESTAMP(MICROS,true));
      optional binary model (STRING);
      optional binary engine (STRING);
      optional binary syncMode (STRING);
      optional int32 replicas;
      optional int32 batchSize;
      optional int64 seed;
      required group settings (MAP) {
        repeated group key_value {
          required binary key (STRING);
          optional binary value (STRING);
        }
      }
      """;

  private static final MessageType STEPS =
      table(
          """
          required int64 step;
          required int32 epoch;
          optional double loss;
          optional double learningRate;
          optional double stepMillis;
          optional double imagesPerSecond;
          optional double computeMillis;
          optional double communicationMillis;
          optional double waitMillis;
          optional double dataMillis;
          required int64 bytesSent;
          optional double gradientSquared;
          optional double gradientVariance;
          optional double noiseScale;
          """);

  private static final MessageType EPOCHS =
      table(
          """
          required int32 epoch;
          required int64 steps;
          optional double trainLoss;
          optional double testLoss;
          optional double testAccuracy;
          optional double validationLoss;
          optional double validationAccuracy;
          optional double imagesPerSecond;
          optional double seconds;
          optional double learningRate;
          required group perClass (LIST) {
            repeated group list {
              optional group element {
                required binary label (STRING);
                optional double precision;
                optional double recall;
              }
            }
          }
          required group confusion (LIST) {
            repeated group list {
              optional group element (LIST) {
                repeated group list {
                  optional int64 element;
                }
              }
            }
          }
          """);

  private final RunDirectory directory;
  private final RunStatus status;
  private final Map<String, String> settings;
  private final Optional<Integer> replicas;

  private RunTables(RunDirectory directory, RunStatus status, Map<String, String> settings) {
    this.directory = directory;
    this.status = status;
    this.settings = settings;
    this.replicas = directory.readProvenance().map(Provenance::replicas);
  }

  /**
   * Writes both tables from the logs as they are, in place of earlier ones. Each is one file that
   * appears whole.
   *
   * @param settings of the run, by dotted name
   */
  public static void write(RunDirectory directory, RunStatus status, Map<String, String> settings) {
    RunTables tables = new RunTables(directory, status, settings);
    Store store = directory.store();
    List<StepRecord> steps = MetricsLog.read(store, directory.steps(), StepRecord.class);
    store.replace(directory.stepsTable(), ParquetContent.of(STEPS, steps, tables::step));
    List<EpochRecord> epochs = MetricsLog.read(store, directory.epochs(), EpochRecord.class);
    store.replace(directory.epochsTable(), ParquetContent.of(EPOCHS, epochs, tables::epoch));
  }

  private void step(StepRecord step, Group row) {
    run(row);
    row.append("step", step.step()).append("epoch", step.epoch());
    number(row, "loss", step.loss());
    number(row, "learningRate", step.learningRate());
    number(row, "stepMillis", step.stepMillis());
    number(row, "imagesPerSecond", step.imagesPerSecond());
    number(row, "computeMillis", step.computeMillis());
    number(row, "communicationMillis", step.communicationMillis());
    number(row, "waitMillis", step.waitMillis());
    number(row, "dataMillis", step.dataMillis());
    row.append("bytesSent", step.bytesSent());
    number(row, "gradientSquared", step.gradientSquared());
    number(row, "gradientVariance", step.gradientVariance());
    number(row, "noiseScale", step.noiseScale());
  }

  private void epoch(EpochRecord epoch, Group row) {
    run(row);
    row.append("epoch", epoch.epoch()).append("steps", epoch.steps());
    number(row, "trainLoss", epoch.trainLoss());
    number(row, "testLoss", epoch.testLoss());
    number(row, "testAccuracy", epoch.testAccuracy());
    number(row, "validationLoss", epoch.validationLoss());
    number(row, "validationAccuracy", epoch.validationAccuracy());
    number(row, "imagesPerSecond", epoch.imagesPerSecond());
    number(row, "seconds", epoch.seconds());
    number(row, "learningRate", epoch.learningRate());
    Group classes = row.addGroup("perClass");
    for (ClassRecord quality : epoch.perClass()) {
      Group element = classes.addGroup("list").addGroup("element");
      element.append("label", quality.label());
      number(element, "precision", quality.precision());
      number(element, "recall", quality.recall());
    }
    Group confusion = row.addGroup("confusion");
    for (List<Long> counts : epoch.confusion()) {
      Group cells = confusion.addGroup("list").addGroup("element");
      counts.forEach(count -> cells.addGroup("list").append("element", count));
    }
  }

  private void run(Group row) {
    row.append("runId", directory.runId());
    row.append("state", status.state().name().toLowerCase(java.util.Locale.ROOT));
    Instant started = status.startedAt();
    if (started != null) {
      row.append("startedAt", started.getEpochSecond() * 1_000_000 + started.getNano() / 1000);
    }
    setting(row, "model", "model.name");
    setting(row, "engine", "engine.name");
    setting(row, "syncMode", "sync.mode");
    replicas.ifPresent(count -> row.append("replicas", count));
    whole("train.batch-size").ifPresent(size -> row.append("batchSize", size.intValue()));
    whole("train.seed").ifPresent(seed -> row.append("seed", seed));
    Group map = row.addGroup("settings");
    settings.forEach(
        (name, value) -> map.addGroup("key_value").append("key", name).append("value", value));
  }

  private void setting(Group row, String column, String key) {
    if (settings.containsKey(key)) {
      row.append(column, settings.get(key));
    }
  }

  private Optional<Long> whole(String key) {
    try {
      return Optional.ofNullable(settings.get(key)).map(Long::valueOf);
    } catch (NumberFormatException e) {
      // Some other version's way to write it: the map still has it.
      return Optional.empty();
    }
  }

  private static void number(Group row, String column, Double value) {
    if (value != null && Double.isFinite(value)) {
      row.append(column, value);
    }
  }

  private static MessageType table(String columns) {
    return MessageTypeParser.parseMessageType("message row {\n" + RUN_COLUMNS + columns + "}");
  }
}
