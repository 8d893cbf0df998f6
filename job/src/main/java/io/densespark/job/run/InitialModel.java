package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.job.Inputs;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import io.densespark.model.WarmStart;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
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
    byte[] zip;
    try (InputStream in = Inputs.openRemote(uri.get(), Inputs.hadoop(config))) {
      zip = in.readAllBytes();
      SavedModel saved = ModelZip.read(new ByteArrayInputStream(zip), uri.get());
      return new InitialModel(
          saved.network(), new Provenance.WarmStart(uri.get(), DigestUtils.sha256Hex(zip)));
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
