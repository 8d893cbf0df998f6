package io.densespark.checkpoint;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything an exact resume needs. The arrays are not copied: use {@link #copy} to keep a state
 * that training goes on to change.
 *
 * @param parameters DL4J's flat vector
 * @param updaterState DL4J's flat updater view; empty for a rule without state
 * @param step global steps done
 * @param epoch epochs completed
 * @param stepInEpoch steps done in the epoch under way, 0 at an epoch's end
 * @param seeds by what they seed
 * @param syncMode name of the synchronisation mode
 * @param worldSize replicas
 * @param configHash of the settings that alter the result
 * @param bestAccuracy best test accuracy so far; NaN if never evaluated
 * @param extras further state by name (letters, digits, {@code . _ -}), as the residuals of a rank
 */
public record TrainingState(
    float[] parameters,
    float[] updaterState,
    long step,
    int epoch,
    long stepInEpoch,
    Map<String, Long> seeds,
    String syncMode,
    int worldSize,
    String configHash,
    double bestAccuracy,
    Map<String, byte[]> extras) {

  public TrainingState {
    if (step < 0 || epoch < 0 || stepInEpoch < 0 || stepInEpoch > step) {
      throw new IllegalArgumentException(
          "A position of step %d, epoch %d, step in epoch %d is none: all are 0 or more, and the step in the epoch is at most the step"
              .formatted(step, epoch, stepInEpoch));
    }
    if (worldSize < 1) {
      throw new IllegalArgumentException("World size %d: at least 1".formatted(worldSize));
    }
    seeds = Collections.unmodifiableMap(new TreeMap<>(seeds));
    extras = Collections.unmodifiableMap(new TreeMap<>(extras));
  }

  /** The same state in arrays of its own. */
  public TrainingState copy() {
    Map<String, byte[]> ownExtras = new TreeMap<>();
    extras.forEach((name, bytes) -> ownExtras.put(name, bytes.clone()));
    return new TrainingState(
        parameters.clone(),
        updaterState.clone(),
        step,
        epoch,
        stepInEpoch,
        seeds,
        syncMode,
        worldSize,
        configHash,
        bestAccuracy,
        ownExtras);
  }
}
