package io.densespark.model;

import java.util.Arrays;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A model read from a zip.
 *
 * @param network the net, with its parameters and, where the zip holds it, its updater's state
 * @param signature what it was trained on; empty for zips that plain DL4J wrote
 */
public record SavedModel(ComputationGraph network, Optional<ModelSignature> signature) {

  /**
   * Checks that the net suits these images and classes. Where no signature was recorded, only the
   * net itself can tell, and one with global pooling suits many image sizes.
   *
   * @param source where the model came from, for the message
   * @return this
   * @throws ModelException when it does not suit, naming both sides
   */
  public SavedModel requireSuits(ModelSignature wanted, String source) {
    signature.ifPresent(
        recorded -> {
          if (!recorded.equals(wanted)) {
            throw misfit(source, wanted, "was trained on " + recorded, null);
          }
        });
    requireReads(wanted, source);
    return this;
  }

  /** Runs one blank image: DL4J's own layers are the judge of what they read. */
  private void requireReads(ModelSignature wanted, String source) {
    INDArray image =
        Nd4j.zeros(DataType.FLOAT, 1, wanted.channels(), wanted.height(), wanted.width());
    INDArray output;
    try {
      output = network.outputSingle(image);
    } catch (RuntimeException e) {
      throw misfit(source, wanted, "cannot read such images (" + e.getMessage() + ")", e);
    }
    long[] shape = output.shape();
    if (shape.length != 2) {
      String puts = "puts out %s for an image".formatted(Arrays.toString(shape));
      throw misfit(source, wanted, puts, null);
    }
    if (shape[1] != wanted.classes()) {
      throw misfit(source, wanted, "tells %d classes apart".formatted(shape[1]), null);
    }
  }

  private static ModelException misfit(
      String source, ModelSignature wanted, String what, Throwable cause) {
    return new ModelException(
        "the model in %s %s, but %s are wanted: choose another model or set the data to match"
            .formatted(source, what, wanted),
        cause);
  }
}
