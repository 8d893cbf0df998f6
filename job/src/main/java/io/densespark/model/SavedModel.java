package io.densespark.model;

import io.densespark.text.Text;
import java.util.Arrays;
import java.util.Optional;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
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
          if (!recorded.suits(wanted)) {
            throw misfit(source, wanted, "was trained on " + recorded, null);
          }
        });
    requireReads(wanted, source);
    return this;
  }

  /**
   * Checks that every parameter is a finite number.
   *
   * @return this
   * @throws ModelException when one is not: nothing can be predicted with it
   */
  public SavedModel requireFinite(String source) {
    double sum = network.params().castTo(DataType.DOUBLE).sumNumber().doubleValue();
    if (!Double.isFinite(sum)) {
      throw new ModelException(
          source + " holds parameters that are not finite: choose a model that did not diverge");
    }
    return this;
  }

  /**
   * What the net reads and tells apart, where the zip does not say: channels by the layer that the
   * images enter, classes by its output for a blank image.
   *
   * @throws ModelException when it cannot read images of this size
   */
  public ModelSignature signatureFor(int height, int width, String source) {
    int channels = inputChannels(source);
    ModelSignature guess = new ModelSignature(channels, height, width, 1);
    INDArray output = output(guess, source);
    return new ModelSignature(channels, height, width, Math.toIntExact(output.size(1)));
  }

  private int inputChannels(String source) {
    String input = network.getConfiguration().getNetworkInputs().get(0);
    return network.getConfiguration().getVertexInputs().entrySet().stream()
        .filter(vertex -> vertex.getValue().contains(input))
        .map(vertex -> network.getConfiguration().getVertices().get(vertex.getKey()))
        .filter(LayerVertex.class::isInstance)
        .map(vertex -> ((LayerVertex) vertex).getLayerConf().getLayer())
        .filter(ConvolutionLayer.class::isInstance)
        .map(layer -> (int) ((ConvolutionLayer) layer).getNIn())
        .findFirst()
        .orElseThrow(
            () ->
                new ModelException(
                    Text.format(
                        "the model in %s does not begin with a convolution, so it reads no images: choose another model",
                        source)));
  }

  private void requireReads(ModelSignature wanted, String source) {
    long classes = output(wanted, source).size(1);
    if (classes != wanted.classes()) {
      throw misfit(source, wanted, Text.format("tells %d classes apart", classes), null);
    }
  }

  /** Runs one blank image: DL4J's own layers are the judge of what they read. */
  private INDArray output(ModelSignature wanted, String source) {
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
      String puts = Text.format("puts out %s for an image", Arrays.toString(shape));
      throw misfit(source, wanted, puts, null);
    }
    return output;
  }

  private static ModelException misfit(
      String source, ModelSignature wanted, String what, Throwable cause) {
    return new ModelException(
        Text.format(
            "the model in %s %s, but %s are wanted: choose another model or set the data to match",
            source, what, wanted),
        cause);
  }
}
