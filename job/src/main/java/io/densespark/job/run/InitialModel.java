package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.job.Inputs;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import io.densespark.model.WarmStart;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * The model that training begins from, if any.
 *
 * @param network the net; null: training goes on from a checkpoint, so nothing is copied
 * @param origin for the provenance; null: no warm start
 */
record InitialModel(ComputationGraph network, Provenance.WarmStart origin) {

  private static final InitialModel NONE = new InitialModel(null, null);

  /** Reads the model that the settings name, for a run that begins. */
  static InitialModel read(RunConfig config) {
    Optional<String> uri = config.train().warmStart();
    if (uri.isEmpty()) {
      return NONE;
    }
    MessageDigest digest = DigestUtils.getSha256Digest();
    try (InputStream in =
        new DigestInputStream(Inputs.openRemote(uri.get(), Inputs.hadoop(config)), digest)) {
      SavedModel saved = ModelZip.read(in, uri.get());
      // The zip's directory, at its end.
      in.transferTo(OutputStream.nullOutputStream());
      return new InitialModel(
          saved.network(),
          new Provenance.WarmStart(uri.get(), HexFormat.of().formatHex(digest.digest())));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + uri.get() + ": " + e.getMessage(), e);
    }
  }

  /** For a run that goes on: what it began from was noted then. */
  static InitialModel noted(RunDirectory directory) {
    return new InitialModel(
        null, directory.readProvenance().map(Provenance::warmStart).orElse(null));
  }

  /** Copies its parameters into a net that is to be trained. */
  void into(ComputationGraph graph, RunDisplay display) {
    if (network != null) {
      WarmStart.copyParameters(network, graph, origin.uri());
      display.message("beginning with the parameters of " + origin.uri());
    }
  }
}
