package io.densespark.job;

import io.densespark.checkpoint.CheckpointException;
import io.densespark.checkpoint.TrainingState;
import io.densespark.storage.Json;
import io.densespark.sync.Snapshot;
import io.densespark.sync.StepMetrics;
import io.densespark.sync.collective.ThresholdState;
import io.densespark.train.ModelState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the state of the replicas lies in a checkpoint: beside the model, the residual of every rank
 * and the metrics of the steps of the epoch under way, from which the epoch's loss and throughput
 * are made.
 */
final class CheckpointState {

  private static final String RESIDUAL = "residual-";
  private static final String STEPS = "steps.jsonl";

  private CheckpointState() {}

  /** The snapshot as state to be saved, for which {@code run} has what is the same all along. */
  static TrainingState of(Snapshot snapshot, RunFacts run, double bestAccuracy) {
    ModelState model = snapshot.model();
    return new TrainingState(
        model.parameters(),
        model.updaterState(),
        model.step(),
        model.epoch(),
        model.stepInEpoch(),
        Map.of("train.seed", run.seed()),
        run.syncMode(),
        run.worldSize(),
        run.configHash(),
        bestAccuracy,
        extras(snapshot));
  }

  /**
   * What is the same in every checkpoint of a run.
   *
   * @param seed of everything random
   * @param syncMode how replicas stay together
   * @param worldSize replicas
   * @param configHash of the settings that alter the result
   */
  record RunFacts(long seed, String syncMode, int worldSize, String configHash) {}

  /**
   * What the replicas go on from.
   *
   * @throws CheckpointException if the checkpoint is whole but of another form
   */
  static Snapshot snapshot(TrainingState state) {
    return new Snapshot(
        new ModelState(
            Math.toIntExact(state.step()),
            state.epoch(),
            Math.toIntExact(state.stepInEpoch()),
            state.parameters(),
            state.updaterState()),
        residuals(state.extras()),
        steps(state.extras()));
  }

  private static Map<String, byte[]> extras(Snapshot snapshot) {
    Map<String, byte[]> extras = new TreeMap<>();
    for (int rank = 0; rank < snapshot.residuals().size(); rank++) {
      ThresholdState state = snapshot.residuals().get(rank);
      ByteBuffer bytes =
          ByteBuffer.allocate((state.residual().length + 1) * Float.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN);
      bytes.putFloat(state.threshold());
      bytes.asFloatBuffer().put(state.residual());
      extras.put(RESIDUAL + rank, bytes.array());
    }
    if (!snapshot.steps().isEmpty()) {
      ByteArrayOutputStream lines = new ByteArrayOutputStream();
      snapshot.steps().forEach(step -> lines.writeBytes(Json.line(step)));
      extras.put(STEPS, lines.toByteArray());
    }
    return extras;
  }

  private static List<ThresholdState> residuals(Map<String, byte[]> extras) {
    List<ThresholdState> residuals = new ArrayList<>();
    for (int rank = 0; extras.containsKey(RESIDUAL + rank); rank++) {
      ByteBuffer bytes =
          ByteBuffer.wrap(extras.get(RESIDUAL + rank)).order(ByteOrder.LITTLE_ENDIAN);
      float threshold = bytes.getFloat();
      float[] residual = new float[bytes.remaining() / Float.BYTES];
      bytes.asFloatBuffer().get(residual);
      residuals.add(new ThresholdState(threshold, residual));
    }
    return residuals;
  }

  private static List<StepMetrics> steps(Map<String, byte[]> extras) {
    List<StepMetrics> steps = new ArrayList<>();
    String lines = new String(extras.getOrDefault(STEPS, new byte[0]), StandardCharsets.UTF_8);
    for (String line : lines.lines().toList()) {
      try {
        steps.add(Json.read(line.getBytes(StandardCharsets.UTF_8), StepMetrics.class));
      } catch (IOException e) {
        throw new CheckpointException(
            "The steps in the checkpoint cannot be read: %s. Resume with the version that wrote them, or start over with --fresh"
                .formatted(e.getMessage()),
            e);
      }
    }
    return steps;
  }
}
