package io.densespark.cli;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.pipeline.RetrainJob;
import io.densespark.job.scale.ScaleResult;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Does what a schedule asks for. */
@Command(
    name = "retrain",
    description = {
      "Train (or go on), evaluate, register, ask the gate, promote.",
      "Safe to be called again for the same slot, after any failure."
    })
final class RetrainCommand extends VerbCommand {

  @Option(
      names = "--as-of",
      paramLabel = "DATE",
      description =
          "Day of the slot, as 2026-01-31, which names the run (default: a hash of settings, data"
              + " and code does).")
  private LocalDate asOf;

  @Option(
      names = "--dry-run",
      description = "Train and say what the gate would decide; leave the registry alone.")
  private boolean dryRun;

  @Option(
      names = "--force",
      description = "Train although data and settings are those of the newest version.")
  private boolean force;

  @Option(
      names = "--scale-result",
      paramLabel = "GRID:ARM[:BATCH]",
      description =
          "Take batch, rate, warm-up and replicas from what the verb scale found in this output"
              + " (default batch: the largest that keeps the accuracy of the base). --set goes"
              + " before.")
  private String scaleResult;

  private ConfigSources sources;

  @Override
  ConfigSources withOwnOptions(ConfigSources all) {
    sources = all;
    return all;
  }

  @Override
  Job job(RunConfig config, RunDisplay display) throws IOException {
    return retraining(scaleResult == null ? config : withScaleResult(config), display);
  }

  private RunConfig withScaleResult(RunConfig config) throws IOException {
    Map<String, String> found = ScaleResult.parse(scaleResult).settings(config);
    return session()
        .loader()
        .load(sources.between("--scale-result " + scaleResult, found, Map.of()));
  }

  private Job retraining(RunConfig config, RunDisplay display) {
    return new RetrainJob(config, display, Optional.ofNullable(asOf), dryRun, force);
  }
}
