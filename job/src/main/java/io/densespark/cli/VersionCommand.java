package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.Versions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;

/** Shows the versions of everything that a run depends on, as its provenance has them. */
@Command(name = "version", description = "Show the versions of DenseSpark, Spark, DL4J and so on.")
final class VersionCommand extends VerbCommand {

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new Shown(session());
  }

  /** Each a part and its version, by name. */
  static List<String> lines() {
    Map<String, String> versions = new TreeMap<>(Versions.all());
    versions.put("java", Runtime.version().toString());
    return versions.entrySet().stream().map(one -> one.getKey() + " " + one.getValue()).toList();
  }

  record Shown(Session session) implements Job {

    @Override
    public boolean onlyShows() {
      return true;
    }

    @Override
    public ExitCode run() {
      lines().forEach(session.out()::println);
      return ExitCode.SUCCESS;
    }
  }
}
