package io.densespark.cli;

import io.densespark.config.ConfigSources;
import io.densespark.config.GridSettings;
import io.densespark.job.scale.ScaleJob;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a grid. Not a verb like the others: its settings are those of many runs. */
@Command(
    name = "scale",
    mixinStandardHelpOptions = true,
    versionProvider = RootCommand.Version.class,
    description = {
      "Train a grid of global batches, rules and seeds, and write what was found.",
      "With the id of an unfinished grid, go on with it."
    })
final class ScaleCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CommonOptions options;

  @Option(names = "--fresh", description = "Train every run anew, whatever has ended before.")
  private boolean fresh;

  @Option(
      names = "--max-hours",
      paramLabel = "HOURS",
      description = "Stop after this long and say what was left out (sets scale.time-limit).")
  private Double maxHours;

  @Override
  public Integer call() {
    Session session = RootCommand.session(spec);
    return session.codeOf(
        options.debug(),
        () -> {
          ConfigSources sources = options.sources(session.submittedMaster()).fresh(fresh);
          if (maxHours != null) {
            sources.flag(
                "--max-hours", "scale.time-limit", Math.round(maxHours * 3_600_000) + "ms");
          }
          GridSettings settings = GridSettings.load(sources, session.loader());
          Screen screen = session.screen().as(options.progress());
          try (ProgressDisplay display = ProgressDisplay.on(screen)) {
            return session.run(new ScaleJob(settings, display));
          }
        });
  }
}
