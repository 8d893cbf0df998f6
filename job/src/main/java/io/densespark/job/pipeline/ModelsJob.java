package io.densespark.job.pipeline;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.Workspace;
import io.densespark.registry.Aliases;
import io.densespark.registry.ModelRegistry;
import io.densespark.registry.ModelVersion;
import io.densespark.registry.RegistryEvent;
import io.densespark.settings.CanonicalText;
import io.densespark.storage.Json;
import io.densespark.text.Text;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Lists the versions of a model, with their aliases and the audit log. */
public record ModelsJob(RunConfig config, RunDisplay display, boolean json) implements Job {

  /** Events of the audit log that are shown. */
  private static final int SHOWN_EVENTS = 10;

  /** Everything, for programs. */
  private record Listing(
      String model,
      String uri,
      Aliases aliases,
      List<ModelVersion> versions,
      List<RegistryEvent> events) {}

  @Override
  public ExitCode run() {
    try (Workspace workspace = Workspace.open(config)) {
      ModelRegistry registry = workspace.registry();
      if (json) {
        display.message(
            Json.text(
                new Listing(
                    registry.name(),
                    registry.uri(),
                    registry.aliases(),
                    registry.versions(),
                    registry.events())));
        return ExitCode.SUCCESS;
      }
      List<ModelVersion> versions = registry.versions();
      if (versions.isEmpty()) {
        display.message(Text.format("%s holds no versions yet", registry.uri()));
        return ExitCode.SUCCESS;
      }
      Aliases aliases = registry.aliases();
      List<List<String>> rows = new ArrayList<>();
      for (ModelVersion version : versions) {
        rows.add(
            List.of(
                Integer.toString(version.version()),
                alias(aliases, version.version()),
                Text.format("%.4f", version.accuracy()),
                Text.format("%.4f", version.calibrationError()),
                Text.format("%,d", version.modelBytes()),
                version.createdAt().truncatedTo(ChronoUnit.SECONDS).toString(),
                version.runId() == null ? version.source() : version.runId()));
      }
      display.table(
          registry.name(),
          List.of("version", "alias", "accuracy", "calibration", "bytes", "registered", "from"),
          rows);
      events(registry.events());
    }
    return ExitCode.SUCCESS;
  }

  @Override
  public boolean onlyShows() {
    return true;
  }

  private void events(List<RegistryEvent> events) {
    List<List<String>> rows = new ArrayList<>();
    for (RegistryEvent event :
        events.subList(Math.max(0, events.size() - SHOWN_EVENTS), events.size())) {
      rows.add(
          List.of(
              event.at().truncatedTo(ChronoUnit.SECONDS).toString(),
              CanonicalText.of(event.kind()),
              Integer.toString(event.version()),
              event.actor(),
              event.reason()));
    }
    display.table(
        "The last " + rows.size() + " events",
        List.of("at", "what", "version", "by", "reason"),
        rows);
  }

  private static String alias(Aliases aliases, int version) {
    List<String> names = new ArrayList<>();
    if (aliases.champion() != null && aliases.champion() == version) {
      names.add("champion");
    }
    if (aliases.candidate() != null && aliases.candidate() == version) {
      names.add("candidate");
    }
    return String.join(", ", names);
  }
}
