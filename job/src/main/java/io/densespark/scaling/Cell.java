package io.densespark.scaling;

import io.densespark.settings.CanonicalText;
import io.densespark.text.Text;

/**
 * A run of a grid.
 *
 * @param arm name of its arm
 * @param batch global
 * @param baseRate learning rate that it would have at the base batch
 * @param seed of the run
 */
public record Cell(String arm, int batch, double baseRate, long seed) {

  /** The name of its run in the workspace. */
  public String runId(String gridId) {
    return Text.format("%s-%s-b%d-r%s-s%d", gridId, arm, batch, CanonicalText.of(baseRate), seed);
  }
}
