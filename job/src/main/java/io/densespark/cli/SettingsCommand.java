package io.densespark.cli;

import io.densespark.config.ResolvedSettings.Entry;
import io.densespark.config.RunConfig;
import io.densespark.config.SettingsReference;
import io.densespark.job.ExitCode;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import java.io.PrintStream;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows every setting. */
@Command(
    name = "settings",
    description = "Show every setting with its value, source and range, as a run would see it.")
final class SettingsCommand extends VerbCommand {

  @Option(names = "--json", description = "Print them as JSON, which serves as a settings file.")
  private boolean json;

  @Option(names = "--markdown", description = "Print the page docs/settings.md.")
  private boolean markdown;

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new Shown(config, session(), json, markdown);
  }

  /** It reads nothing but the settings themselves. */
  record Shown(RunConfig config, Session session, boolean json, boolean markdown) implements Job {

    @Override
    public boolean onlyShows() {
      return true;
    }

    @Override
    public ExitCode run() {
      PrintStream out = session.out();
      if (json || markdown) {
        out.print(json ? config.settings().toJson() : SettingsReference.markdown());
        return ExitCode.SUCCESS;
      }
      Style style = session.screen().style();
      for (Entry entry : config.settings().entries()) {
        String unused = entry.used() ? "" : ", not used";
        out.printf(
            Locale.ROOT,
            "%s = %s   %s%n    %s%n    %s%n",
            style.bold(entry.key()),
            style.accent(entry.value()),
            style.dim("(" + entry.where() + unused + ")"),
            entry.doc(),
            style.dim("is " + entry.allowed()));
      }
      return ExitCode.SUCCESS;
    }
  }
}
