package io.densespark.job.run;

import io.densespark.config.ResolvedSettings;
import io.densespark.config.RunConfig;
import io.densespark.job.JobException;
import io.densespark.metrics.RunDirectory;
import io.densespark.text.Text;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A run goes on, and counts, only under settings that lead to the same result. */
public final class SameSettings {

  private SameSettings() {}

  /**
   * Compares with the run that is there.
   *
   * @throws JobException if its settings lead to another result, or are lost
   */
  public static void require(RunConfig config, RunDirectory directory) {
    String place =
        Text.format("%s already holds a run %s", directory.store().uri(), directory.runId());
    if (!directory.store().exists(directory.config())) {
      throw JobException.usage(
          Text.format(
              "%s without its config.json, so nothing tells whether it may go on: put the file back, choose another --run-id, or start it over with --fresh",
              place));
    }
    String before = new String(directory.store().read(directory.config()), StandardCharsets.UTF_8);
    List<String> differences;
    try {
      differences =
          config.settings().differencesFrom(before).stream()
              .filter(ResolvedSettings.Difference::altersResult)
              .map(ResolvedSettings.Difference::toString)
              .toList();
    } catch (IllegalArgumentException e) {
      throw RunEnding.damagedSettings(directory);
    }
    if (!differences.isEmpty()) {
      throw JobException.usage(
          Text.format(
              "%s with other settings: %s. Choose another --run-id, use the same settings, or start it over with --fresh",
              place, String.join("; ", differences)));
    }
  }
}
