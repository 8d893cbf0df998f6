package io.densespark.cli;

import io.densespark.config.ConfigSources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of every verb. */
final class CommonOptions {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings file (HOCON); without it: those of conf/densenet-bc.conf.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, before any file; repeatable. The verb settings lists them.")
  private List<String> assignments = new ArrayList<>();

  @Option(
      names = "--output",
      paramLabel = "URI",
      description = "Workspace: a path or Hadoop URI that holds runs/ (default: ./workspace).")
  private String output;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description =
          "The run: its name for train (default: made from the time) and retrain, the one whose"
              + " model is meant for predict and register. Other verbs do not look at it.")
  private String runId;

  @Option(
      names = "--master",
      paramLabel = "URL",
      description = "Spark's master (default: that of spark-submit, else local[*]).")
  private String master;

  @Option(
      names = "--progress",
      paramLabel = "HOW",
      description = "auto, live or plain (default: live on a terminal, else plain).")
  private Screen.Wish progress = Screen.Wish.auto;

  @Option(names = "--debug", description = "Show stack traces.")
  private boolean debug;

  boolean debug() {
    return debug;
  }

  Screen.Wish progress() {
    return progress;
  }

  /** The settings' sources, the weakest assignment first. */
  ConfigSources sources(Optional<String> submittedMaster) {
    ConfigSources sources = new ConfigSources();
    Optional.ofNullable(file).ifPresent(sources::file);
    submittedMaster.ifPresent(url -> sources.flag("spark-submit", "run.master", url));
    assignments.forEach(sources::set);
    Optional.ofNullable(output).ifPresent(uri -> sources.flag("--output", "run.output", uri));
    Optional.ofNullable(runId).ifPresent(id -> sources.flag("--run-id", "run.id", id));
    Optional.ofNullable(master).ifPresent(url -> sources.flag("--master", "run.master", url));
    return sources;
  }
}
