package io.densespark.cli;

import io.densespark.config.ConfigSources;
import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A verb: settings are read and checked, then it runs with a display of its own. */
@Command(mixinStandardHelpOptions = true, versionProvider = RootCommand.Version.class)
abstract class VerbCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CommonOptions options;

  /** What it does, with this verb's options. */
  abstract Job job(RunConfig config, RunDisplay display) throws Exception;

  /** Adds what this verb's own options say. */
  ConfigSources withOwnOptions(ConfigSources sources) {
    return sources;
  }

  /** This verb as picocli has it. */
  CommandSpec spec() {
    return spec;
  }

  Session session() {
    return RootCommand.session(spec);
  }

  @Override
  public final Integer call() {
    Session session = session();
    return session.codeOf(
        options.debug(),
        () -> {
          ConfigSources sources = options.sources(session.submittedMaster());
          RunConfig config = session.loader().load(withOwnOptions(sources));
          Screen screen = session.screen().as(options.progress());
          try (ProgressDisplay display = ProgressDisplay.on(screen)) {
            return session.run(job(config, display));
          }
        });
  }
}
