package io.densespark.checkpoint;

import io.densespark.text.Text;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which checkpoints stay.
 *
 * @param keepLast newest ones, at least 1
 * @param keepBest those of the best accuracy, beside them
 */
record Retention(int keepLast, int keepBest) {

  Retention {
    if (keepLast < 1 || keepBest < 0) {
      throw new IllegalArgumentException(
          Text.format("keep-last %d: at least 1; keep-best %d: at least 0", keepLast, keepBest));
    }
  }

  /**
   * The paths of those that stay.
   *
   * @param manifests by path, newest first
   * @param saved was just read back whole. It counts as the newest, so that a good one remains
   *     whatever state the others are in
   */
  Set<String> kept(Map<String, CheckpointManifest> manifests, String saved) {
    List<String> newest =
        manifests.keySet().stream()
            .sorted(Comparator.comparing((String path) -> !path.equals(saved)))
            .limit(keepLast)
            .toList();
    Set<String> kept = new HashSet<>(newest);
    manifests.entrySet().stream()
        .filter(one -> !Double.isNaN(one.getValue().accuracy()))
        .sorted(
            Comparator.comparing(
                Map.Entry::getValue,
                Comparator.comparingDouble(CheckpointManifest::accuracy)
                    .thenComparingLong(CheckpointManifest::step)
                    .reversed()))
        .limit(keepBest)
        .forEach(one -> kept.add(one.getKey()));
    return kept;
  }
}
