package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.job.Inputs;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.model.DenseNetGraph;
import io.densespark.model.ModelZip;
import io.densespark.model.SavedModel;
import io.densespark.model.WarmStart;
import io.densespark.train.LearningRateSchedule;
import io.densespark.train.Optimizers;
import io.densespark.train.StepCounts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * The model that training begins from, if any.
 *
 * @param network the net; null: training goes on from a checkpoint, so nothing is copied
 * @param origin for the provenance; null: no warm start
 */
record InitialModel(ComputationGraph network, Provenance.WarmStart origin) {

  private static final InitialModel NONE = new InitialModel(null, null);

  /**
   * The net of the settings with the parameters that the seed draws, and its learning rates.
   *
   * @param channels channels of an image
   */
  static ComputationGraph random(RunConfig config, int channels, StepCounts counts) {
    LearningRateSchedule schedule =
        LearningRateSchedule.of(
            config.train().schedule(),
            config.train().optimizer().learningRate(),
            counts.stepsPerEpoch(),
            config.train().epochs());
    int side = config.data().imageSize();
    ComputationGraph graph =
        new ComputationGraph(
            DenseNetGraph.configuration(
                config.model(),
                channels,
                side,
                side,
                Optimizers.updater(config.train().optimizer(), schedule),
                config.train().l2(),
                config.train().seed()));
    graph.init();
    return graph;
  }

  /** Reads the model that the settings name, for a run that begins. */
  static InitialModel read(RunConfig config, Configuration hadoop) {
    Optional<String> uri = config.train().warmStart();
    if (uri.isEmpty()) {
      return NONE;
    }
    MessageDigest digest = DigestUtils.getSha256Digest();
    try (InputStream in = new DigestInputStream(Inputs.openRemote(uri.get(), hadoop), digest)) {
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
  void into(ComputationGraph graph, Consumer<String> message) {
    if (network != null) {
      WarmStart.copyParameters(network, graph, origin.uri());
      message.accept("beginning with the parameters of " + origin.uri());
    }
  }
}
