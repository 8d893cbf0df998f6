package io.densespark.job;

import io.densespark.checkpoint.CheckpointStore;
import io.densespark.checkpoint.TrainingState;
import io.densespark.config.RunConfig;
import io.densespark.metrics.RunDirectory;
import io.densespark.sync.collective.ThresholdState;
import io.densespark.train.ModelState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** What a run can be resumed from: all of its state after an epoch. */
final class Checkpoints {

  private static final int KEEP_LAST = 2;
  private static final int KEEP_BEST = 1;
  private static final String RESIDUAL = "residual-";

  private final CheckpointStore store;
  private final RunConfig config;
  private double bestAccuracy = Double.NaN;

  Checkpoints(RunConfig config, RunDirectory directory) {
    this.config = config;
    this.store =
        new CheckpointStore(directory.store(), directory.checkpoints(), KEEP_LAST, KEEP_BEST);
  }

  /** The newest whole checkpoint; those that are not whole are named to the user. */
  Optional<TrainingState> newest(RunDisplay display) {
    CheckpointStore.Restored restored = store.loadLatest();
    if (restored instanceof CheckpointStore.Whole whole) {
      whole.skipped().forEach(skipped -> warn(display, skipped));
      bestAccuracy = whole.state().bestAccuracy();
      return Optional.of(whole.state());
    }
    ((CheckpointStore.Nothing) restored).skipped().forEach(skipped -> warn(display, skipped));
    return Optional.empty();
  }

  private static void warn(RunDisplay display, CheckpointStore.Skipped skipped) {
    display.warning("checkpoint %s is not whole: %s".formatted(skipped.path(), skipped.reason()));
  }

  /** Saves the state after an epoch. */
  void save(
      ComputationGraph graph, List<ThresholdState> residuals, int worldSize, double accuracy) {
    ModelState state = ModelState.of(graph);
    bestAccuracy = Double.isNaN(bestAccuracy) ? accuracy : Math.max(bestAccuracy, accuracy);
    store.save(
        new TrainingState(
            state.parameters(),
            state.updaterState(),
            state.step(),
            state.epoch(),
            0,
            Map.of("train.seed", config.train().seed()),
            config.sync().mode().name().toLowerCase(Locale.ROOT),
            worldSize,
            config.settings().resultHash(),
            bestAccuracy,
            encoded(residuals)),
        accuracy);
  }

  private static Map<String, byte[]> encoded(List<ThresholdState> residuals) {
    Map<String, byte[]> extras = new TreeMap<>();
    for (int rank = 0; rank < residuals.size(); rank++) {
      ThresholdState state = residuals.get(rank);
      ByteBuffer bytes =
          ByteBuffer.allocate((state.residual().length + 1) * Float.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN);
      bytes.putFloat(state.threshold());
      bytes.asFloatBuffer().put(state.residual());
      extras.put(RESIDUAL + rank, bytes.array());
    }
    return extras;
  }

  /** By rank, what the threshold format had not sent yet. */
  static List<ThresholdState> residuals(TrainingState state) {
    List<ThresholdState> residuals = new ArrayList<>();
    for (int rank = 0; state.extras().containsKey(RESIDUAL + rank); rank++) {
      ByteBuffer bytes =
          ByteBuffer.wrap(state.extras().get(RESIDUAL + rank)).order(ByteOrder.LITTLE_ENDIAN);
      float threshold = bytes.getFloat();
      float[] residual = new float[bytes.remaining() / Float.BYTES];
      bytes.asFloatBuffer().get(residual);
      residuals.add(new ThresholdState(threshold, residual));
    }
    return residuals;
  }

  /** The part of a checkpoint that goes back into the graph. */
  static ModelState modelState(TrainingState state) {
    return new ModelState(
        Math.toIntExact(state.step()), state.epoch(), 0, state.parameters(), state.updaterState());
  }
}
