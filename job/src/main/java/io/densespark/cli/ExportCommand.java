package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.Job;
import io.densespark.job.RunDisplay;
import io.densespark.job.verb.ExportJob;
import io.densespark.text.Text;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Copies a model out of a run. */
@Command(name = "export", description = "Copy a model of a run as a zip that plain DL4J loads.")
final class ExportCommand extends VerbCommand {

  @Parameters(paramLabel = "RUN", description = "Id of the run.")
  private String runId;

  private String checkpoint;

  @Option(
      names = "--to",
      paramLabel = "URI",
      required = true,
      description = "The zip to write: a path or Hadoop URI.")
  private String to;

  @Option(
      names = "--updater",
      negatable = true,
      description = "Whether the updater's state goes along, for training that continues.")
  private boolean updater;

  @Option(names = "--overwrite", description = "Replace a file that is there.")
  private boolean overwrite;

  @Option(
      names = "--checkpoint",
      paramLabel = "WHICH",
      defaultValue = "last",
      description =
          "last (the default), best (accuracy on images held out, else on test images), or the number of an epoch.")
  void choose(String which) {
    if (!ExportJob.isCheckpoint(which)) {
      throw new ParameterException(
          spec().commandLine(),
          Text.format("--checkpoint %s: must be last, best, or the number of an epoch", which));
    }
    checkpoint = which;
  }

  @Override
  Job job(RunConfig config, RunDisplay display) {
    return new ExportJob(config, display, runId, checkpoint, to, updater, overwrite);
  }
}
