package io.densespark.job.scale;

import io.densespark.config.RunConfig;
import io.densespark.job.JobException;
import io.densespark.job.Workspace;
import io.densespark.scaling.Finding;
import io.densespark.scaling.Finding.Arm;
import io.densespark.scaling.Finding.Row;
import io.densespark.storage.Json;
import io.densespark.text.Text;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a grid found, as the source of a run's batch and rate.
 *
 * @param grid its name
 * @param arm of it
 * @param batch empty: the largest that keeps the accuracy of the base batch
 */
public record ScaleResult(String grid, String arm, Optional<Integer> batch) {

  /**
   * From {@code GRID:ARM} or {@code GRID:ARM:BATCH}.
   *
   * @throws JobException if it is written otherwise
   */
  public static ScaleResult parse(String text) {
    String[] parts = text.split(":");
    if (parts.length < 2
        || parts.length > 3
        || parts.length == 3 && !parts[2].matches("[0-9]{1,9}")) {
      throw JobException.usage(
          Text.format(
              "--scale-result %s must be GRID:ARM or GRID:ARM:BATCH, such as large-batch:linear-warmup:1024",
              text));
    }
    return new ScaleResult(
        parts[0],
        parts[1],
        parts.length == 3 ? Optional.of(Integer.valueOf(parts[2])) : Optional.empty());
  }

  /**
   * The settings that follow from it, by dotted name: batch, rate, warm-up, replicas and those of
   * the arm.
   *
   * @throws JobException if the output holds no such finding
   */
  public Map<String, String> settings(RunConfig config) throws IOException {
    try (Workspace workspace = Workspace.open(config)) {
      GridFiles files = new GridFiles(workspace.store(), grid);
      if (!workspace.store().exists(files.finding())) {
        throw JobException.usage(
            Text.format(
                "there is no %s: name a grid that the verb scale has run in this output",
                workspace.store().uri(files.finding())));
      }
      Finding finding = Json.read(workspace.store().read(files.finding()), Finding.class);
      return row(finding).settings();
    }
  }

  private Row row(Finding finding) {
    List<String> names = finding.arms().stream().map(Arm::name).toList();
    Arm found =
        finding.arms().stream()
            .filter(one -> one.name().equals(arm))
            .findFirst()
            .orElseThrow(
                () ->
                    JobException.usage(
                        Text.format(
                            "the grid %s has no arm %s, it has %s",
                            grid, arm, String.join(", ", names))));
    if (batch.isEmpty()) {
      return found
          .largestThatKeeps()
          .orElseThrow(
              () ->
                  JobException.usage(
                      Text.format(
                          "no batch of %s:%s keeps the accuracy of the base: name one, as %1$s:%2$s:BATCH",
                          grid, arm)));
    }
    return found.rows().stream()
        .filter(row -> row.batch() == batch.get() && row.accuracy() != null)
        .findFirst()
        .orElseThrow(
            () ->
                JobException.usage(
                    Text.format(
                        "no run of %s:%s with batch %d trained to its end; there are %s",
                        grid,
                        arm,
                        batch.get(),
                        found.rows().stream()
                            .filter(row -> row.accuracy() != null)
                            .map(Row::batch)
                            .toList())));
  }
}
