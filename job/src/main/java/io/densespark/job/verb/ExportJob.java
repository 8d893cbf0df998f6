package io.densespark.job.verb;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.Job;
import io.densespark.job.JobException;
import io.densespark.job.RunDisplay;
import io.densespark.job.Workspace;
import io.densespark.metrics.EpochRecord;
import io.densespark.metrics.MetricsLog;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.model.ModelException;
import io.densespark.model.ModelSignature;
import io.densespark.model.ModelZip;
import io.densespark.model.ModelZip.UpdaterState;
import io.densespark.model.SavedModel;
import io.densespark.storage.Content;
import io.densespark.storage.DigestedContent;
import io.densespark.storage.InputFile;
import io.densespark.storage.InputFiles;
import io.densespark.storage.OutputFile;
import io.densespark.storage.Store;
import io.densespark.text.Text;
import io.densespark.train.FlatVectors;
import java.io.IOException;
import java.io.InputStream;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/**
 * Copies a model out of a run, as a zip that plain DL4J loads. It is read and checked before it is
 * written.
 *
 * @param runId the run
 * @param checkpoint which of its models, see {@link #isCheckpoint}
 * @param to path or URI of the zip
 * @param updater whether the updater's state goes along, for training that continues
 * @param overwrite whether a file that is there is replaced
 */
public record ExportJob(
    RunConfig config,
    RunDisplay display,
    String runId,
    String checkpoint,
    String to,
    boolean updater,
    boolean overwrite)
    implements Job {

  private static final String LAST = "last";
  private static final String BEST = "best";

  /** Whether {@code checkpoint} names one: last, best, or the number of an epoch. */
  public static boolean isCheckpoint(String checkpoint) {
    return checkpoint.equals(LAST)
        || checkpoint.equals(BEST)
        || checkpoint.matches("[1-9]\\d{0,8}");
  }

  /** A model of a run: its file, and its epoch for people. */
  private record Chosen(String path, int epoch) {}

  @Override
  public ExitCode run() throws IOException {
    Configuration hadoop = Inputs.hadoop(config);
    try (Workspace workspace = Workspace.open(config)) {
      Store store = workspace.store();
      RunDirectory directory = workspace.existing(runId);
      RunStatus status = directory.readStatus().orElseThrow();
      Chosen chosen = choose(directory, status);
      String source = store.uri(chosen.path());
      SavedModel model;
      try (InputStream in = store.open(chosen.path())) {
        model = ModelZip.read(in, source);
      }
      String parameters = FlatVectors.sha256(FlatVectors.toArray(model.network().params()));
      if (chosen.path().equals(directory.model())
          && !parameters.equals(status.parametersSha256())) {
        throw new ModelException(
            Text.format(
                "%s is not what the run left: its parameters have SHA-256 %s, status.json says %s. Export an epoch instead",
                source, parameters, status.parametersSha256()));
      }
      DigestedContent exported =
          new DigestedContent(
              updater ? copyOf(store, chosen.path()) : withoutUpdater(model, source));
      String written = write(exported, store, hadoop);
      display.message(
          Text.format(
              "exported the model after epoch %d to %s (%,d bytes, SHA-256 %s, parameters %s)",
              chosen.epoch(), written, exported.bytes(), exported.sha256(), parameters));
    }
    return ExitCode.SUCCESS;
  }

  private String write(Content zip, Store output, Configuration hadoop) throws IOException {
    try (InputFiles files = new InputFiles(hadoop)) {
      List<InputFile> kept =
          Stream.of(RunDirectory.RUNS, "models").map(name -> files.at(output.uri(name))).toList();
      files.requireApart(to, kept);
      InputFile there = files.at(to);
      if (to.endsWith("/") || there.kind() == InputFile.Kind.FOLDER) {
        throw JobException.usage(
            Text.format(
                "--to %s is a directory: name the zip to write, as in %s/model.zip",
                to, to.replaceFirst("/+$", "")));
      }
      if (overwrite && there.kind() == InputFile.Kind.FILE) {
        try (InputStream in = there.open()) {
          if (!ModelZip.isModel(in)) {
            throw new ModelException(
                Text.format(
                    "%s is no model, so it is not replaced: choose another name, or remove it yourself",
                    there.uri()));
          }
        }
      }
    }
    return OutputFile.write(to, hadoop, overwrite, zip);
  }

  private static Content copyOf(Store store, String path) {
    return out -> {
      try (InputStream in = store.open(path)) {
        in.transferTo(out);
      }
    };
  }

  private static Content withoutUpdater(SavedModel model, String source) {
    ModelSignature signature =
        model
            .signature()
            .orElseThrow(() -> new ModelException(source + " does not say what it was trained on"));
    return out -> ModelZip.write(model.network(), signature, UpdaterState.LEFT_OUT, out);
  }

  private Chosen choose(RunDirectory directory, RunStatus status) {
    NavigableSet<Integer> saved = directory.epochModels();
    return switch (checkpoint) {
      case LAST -> last(directory, status, saved);
      case BEST -> best(directory, saved);
      default -> epoch(directory, saved, Integer.parseInt(checkpoint));
    };
  }

  private static Chosen last(
      RunDirectory directory, RunStatus status, NavigableSet<Integer> saved) {
    if (status.state() == RunStatus.State.SUCCEEDED) {
      return new Chosen(directory.model(), status.epochs());
    }
    if (saved.isEmpty()) {
      throw nothing(directory, "any epoch", saved);
    }
    return new Chosen(directory.epochModel(saved.last()), saved.last());
  }

  private static Chosen epoch(RunDirectory directory, NavigableSet<Integer> saved, int epoch) {
    if (!saved.contains(epoch)) {
      throw nothing(directory, "epoch " + epoch, saved);
    }
    return new Chosen(directory.epochModel(epoch), epoch);
  }

  private Chosen best(RunDirectory directory, NavigableSet<Integer> saved) {
    Comparator<EpochRecord> byAccuracy = Comparator.comparingDouble(EpochRecord::selectionAccuracy);
    Comparator<EpochRecord> order =
        byAccuracy.thenComparing(EpochRecord::epoch, Comparator.reverseOrder());
    var evaluated =
        MetricsLog.read(directory.store(), directory.epochs(), EpochRecord.class).stream()
            .filter(epoch -> epoch.selectionAccuracy() != null)
            .toList();
    Optional<EpochRecord> best =
        evaluated.stream().filter(epoch -> saved.contains(epoch.epoch())).max(order);
    if (best.isEmpty()) {
      throw nothing(directory, "an epoch that was evaluated", saved);
    }
    evaluated.stream()
        .max(order)
        .filter(epoch -> epoch.epoch() != best.get().epoch())
        .ifPresent(
            epoch ->
                display.warning(
                    Text.format(
                        "epoch %d was better, but was not saved: lower checkpoint.every-epochs",
                        epoch.epoch())));
    return new Chosen(directory.epochModel(best.get().epoch()), best.get().epoch());
  }

  private static ModelException nothing(
      RunDirectory directory, String asked, NavigableSet<Integer> saved) {
    return new ModelException(
        Text.format(
            "the run %s holds no model of %s: %s",
            directory.runId(),
            asked,
            saved.isEmpty() ? "none was saved yet" : "choose one of the epochs " + saved));
  }
}
