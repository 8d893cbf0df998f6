package io.densespark.job;

import io.densespark.config.RunConfig;
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
import io.densespark.storage.Store;
import io.densespark.train.FlatVectors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Comparator;
import java.util.NavigableSet;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;

/**
 * Copies a model out of a run, as a zip that plain DL4J loads. It is read and checked before it is
 * written.
 */
final class ExportJob {

  private final RunConfig config;
  private final ExportRequest request;
  private final RunDisplay display;

  /** A model of a run: its file, and its epoch for people. */
  private record Chosen(String path, int epoch) {}

  ExportJob(RunConfig config, ExportRequest request, RunDisplay display) {
    this.config = config;
    this.request = request;
    this.display = display;
  }

  ExitCode run() throws IOException {
    Configuration hadoop = Experiment.hadoop(config);
    try (Store store = Store.open(config.run().output(), hadoop)) {
      RunDirectory directory = new RunDirectory(store, request.runId());
      RunStatus status =
          directory.readStatus().orElseThrow(() -> new NoSuchRunException(directory));
      Chosen chosen = choose(directory, status);
      String source = store.uri(chosen.path());
      byte[] zip = store.read(chosen.path());
      SavedModel model = ModelZip.read(new ByteArrayInputStream(zip), source);
      String parameters = FlatVectors.sha256(FlatVectors.toArray(model.network().params()));
      if (chosen.path().equals(directory.model())
          && !parameters.equals(status.parametersSha256())) {
        throw new ModelException(
            "%s is not what the run left: its parameters have SHA-256 %s, status.json says %s. Export an epoch instead"
                .formatted(source, parameters, status.parametersSha256()));
      }
      byte[] exported =
          request.updaterState() == UpdaterState.INCLUDED ? zip : withoutUpdater(model, source);
      String written = write(exported, hadoop);
      display.message(
          "exported the model after epoch %d to %s (%,d bytes, SHA-256 %s, parameters %s)"
              .formatted(
                  chosen.epoch(),
                  written,
                  exported.length,
                  DigestUtils.sha256Hex(exported),
                  parameters));
    }
    return ExitCode.SUCCESS;
  }

  private String write(byte[] zip, Configuration hadoop) {
    Experiment.Place place = Experiment.place(request.to());
    try (Store target = Store.open(place.directory(), hadoop)) {
      if (request.overwrite()) {
        target.replace(place.name(), Content.of(zip));
      } else {
        target.publish(place.name(), Content.of(zip));
      }
      return target.uri(place.name());
    }
  }

  private static byte[] withoutUpdater(SavedModel model, String source) throws IOException {
    ModelSignature signature =
        model
            .signature()
            .orElseThrow(() -> new ModelException(source + " does not say what it was trained on"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ModelZip.write(model.network(), signature, UpdaterState.LEFT_OUT, out);
    return out.toByteArray();
  }

  private Chosen choose(RunDirectory directory, RunStatus status) {
    NavigableSet<Integer> saved = directory.epochModels();
    return switch (request.choice()) {
      case LAST -> last(directory, status, saved);
      case BEST -> best(directory, saved);
      case EPOCH -> epoch(directory, saved, request.epoch().getAsInt());
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
    Comparator<EpochRecord> byAccuracy = Comparator.comparingDouble(EpochRecord::testAccuracy);
    Comparator<EpochRecord> order =
        byAccuracy.thenComparing(EpochRecord::epoch, Comparator.reverseOrder());
    var evaluated =
        MetricsLog.read(directory.store(), directory.epochs(), EpochRecord.class).stream()
            .filter(epoch -> epoch.testAccuracy() != null)
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
                    "epoch %d was better, but was not saved: lower checkpoint.every-epochs"
                        .formatted(epoch.epoch())));
    return new Chosen(directory.epochModel(best.get().epoch()), best.get().epoch());
  }

  private static ModelException nothing(
      RunDirectory directory, String asked, NavigableSet<Integer> saved) {
    return new ModelException(
        "the run %s holds no model of %s: %s"
            .formatted(
                directory.runId(),
                asked,
                saved.isEmpty() ? "none was saved yet" : "choose one of the epochs " + saved));
  }
}
