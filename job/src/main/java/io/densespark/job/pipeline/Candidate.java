package io.densespark.job.pipeline;

import io.densespark.dataset.ImageDataset;
import io.densespark.evaluation.ExampleResults;
import io.densespark.job.Inputs;
import io.densespark.job.JobException;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunStatus;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import io.densespark.registry.MeasuredModel;
import io.densespark.registry.ModelRegistry;
import io.densespark.registry.ModelVersion;
import io.densespark.registry.NewVersion;
import io.densespark.registry.RegistryException;
import io.densespark.storage.Json;
import io.densespark.text.Text;
import io.densespark.train.FlatVectors;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;

/**
 * A model on its way into the registry or through the gate.
 *
 * @param key what it was made from
 * @param runId the run that trained it; empty: it comes from a zip
 * @param source the file it was read from
 * @param zip that file
 * @param model what the zip holds
 * @param provenance of its run, if known
 */
record Candidate(
    String key,
    Optional<String> runId,
    String source,
    byte[] zip,
    SavedModel model,
    Optional<Provenance> provenance) {

  private static final int SHOWN_DIGITS = 16;

  /** The model of a run that is finished. */
  static Candidate ofRun(RunDirectory run) throws IOException {
    RunStatus status = run.readStatus().orElseThrow(() -> JobException.noSuchRun(run));
    if (status.state() != RunStatus.State.SUCCEEDED) {
      throw new RegistryException(
          Text.format(
              "the run %s is %s, only a run that succeeded can be registered: train it to its end first",
              run.runId(), status.state().name().toLowerCase(java.util.Locale.ROOT)));
    }
    String source = run.store().uri(run.model());
    byte[] zip;
    try (InputStream in = run.store().open(run.model())) {
      zip = ModelZip.bytes(in, source);
    }
    SavedModel model = ModelZip.read(new ByteArrayInputStream(zip), source);
    String sha256 = parametersSha256(model);
    if (!sha256.equals(status.parametersSha256())) {
      throw new RegistryException(
          Text.format(
              "%s holds parameters of SHA-256 %s, its run ended with %s: the file was changed, train again with --fresh",
              source, sha256, status.parametersSha256()));
    }
    return new Candidate(
        key(run.runId(), sha256),
        Optional.of(run.runId()),
        source,
        zip,
        model,
        run.readProvenance());
  }

  /** What the model of a finished run is registered under. */
  static String key(String runId, String parametersSha256) {
    return runId + "-" + parametersSha256.substring(0, SHOWN_DIGITS);
  }

  /** A DL4J zip at a path or Hadoop URI. */
  static Candidate ofZip(String uri, Configuration hadoop) throws IOException {
    byte[] zip;
    try (InputStream in = Inputs.openRemote(uri, hadoop)) {
      zip = ModelZip.bytes(in, uri);
    }
    SavedModel model = ModelZip.read(new ByteArrayInputStream(zip), uri);
    String key = "zip-" + DigestUtils.sha256Hex(zip).substring(0, SHOWN_DIGITS);
    return new Candidate(key, Optional.empty(), uri, zip, model, Optional.empty());
  }

  /** A version that is registered, checked against its manifest. */
  static Candidate ofVersion(ModelRegistry registry, ModelVersion version) throws IOException {
    byte[] zip = registry.read(version, ModelVersion.MODEL);
    String source = Text.format("version %d of %s", version.version(), registry.uri());
    Optional<Provenance> provenance = Optional.empty();
    if (version.files().containsKey(ModelVersion.PROVENANCE)) {
      byte[] text = registry.read(version, ModelVersion.PROVENANCE);
      provenance = Optional.of(Json.read(text, Provenance.class));
    }
    return new Candidate(
        version.key(),
        Optional.ofNullable(version.runId()),
        source,
        zip,
        ModelZip.read(new ByteArrayInputStream(zip), source),
        provenance);
  }

  /** As a version to register. */
  NewVersion asVersion(ExampleResults results, String testSetSha256) {
    return new NewVersion(
        key,
        runId,
        source,
        zip,
        parametersSha256(model),
        testSetSha256,
        results.result(),
        provenance);
  }

  /**
   * As the gate sees it.
   *
   * @param testSetSha256 of the test images that it was registered with
   * @param latencyMillis NaN: not measured
   */
  MeasuredModel asMeasured(
      int version,
      ExampleResults results,
      double latencyMillis,
      ImageDataset images,
      String testSetSha256) {
    float[] parameters = FlatVectors.toArray(model.network().params());
    int bad = FlatVectors.firstNotFinite(parameters);
    return new MeasuredModel(
        version,
        results.result(),
        results.correct(),
        bad < 0
            ? Optional.empty()
            : Optional.of(Text.format("parameter %d is %s", bad, parameters[bad])),
        zip.length,
        latencyMillis,
        provenance.map(known -> dataMismatch(known, images)),
        testSetSha256);
  }

  /** By content, as the files may have moved; what older versions noted is by file name. */
  private static String dataMismatch(Provenance known, ImageDataset images) {
    if (known.images() != null) {
      return known.images().fingerprint().equals(images.fingerprint())
          ? ""
          : Text.format(
              "the images and labels have SHA-256 %s, the model was trained with %s",
              images.fingerprint(), known.images().fingerprint());
    }
    Map<String, String> before = new TreeMap<>();
    known.data().forEach((uri, sha256) -> before.put(fileName(uri), sha256));
    List<String> mismatches = new ArrayList<>();
    images
        .checksums()
        .forEach(
            (uri, sha256) -> {
              String name = fileName(uri);
              String expected = before.get(name);
              if (!sha256.equals(expected)) {
                mismatches.add(
                    Text.format(
                        "%s has SHA-256 %s, the model was trained with %s",
                        name, sha256, expected));
              }
            });
    return String.join("; ", mismatches);
  }

  /** Without the ending of a compressed file, whose checksum is that of the content. */
  private static String fileName(String uri) {
    String name = uri.substring(uri.lastIndexOf('/') + 1);
    return name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
  }

  private static String parametersSha256(SavedModel model) {
    return FlatVectors.sha256(FlatVectors.toArray(model.network().params()));
  }
}
