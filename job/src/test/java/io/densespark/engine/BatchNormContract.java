package io.densespark.engine;

import io.densespark.engine.GraphCase.Images;
import java.util.Arrays;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Batch norm's running statistics, worked out by hand. */
interface BatchNormContract extends EngineUnderTest {

  /** The statistics of the images themselves, in double. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  default void runningStatisticsMoveTowardsTheBatch(boolean useLogStd) {
    Images images = new Images(13, 3, 7, 5);
    double decay = 0.8;
    GraphBuilder builder = ContractGraphs.builder(images);
    builder.addLayer(
        "norm",
        new BatchNormalization.Builder().decay(decay).useLogStd(useLogStd).build(),
        ContractGraphs.INPUT);
    GraphCase graphCase =
        new GraphCase("statistics", ContractGraphs.end(builder, "norm"), images, 5);
    INDArray gradient = answer(graphCase).gradient();
    INDArray parameters = graphCase.parameters();
    int channels = images.channels();
    for (int channel = 0; channel < channels; channel++) {
      double[] pixels = pixels(graphCase.features(), channel);
      double mean = Arrays.stream(pixels).average().orElseThrow();
      double variance =
          Arrays.stream(pixels).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
      int meanAt = 2 * channels + channel;
      int spreadAt = 3 * channels + channel;
      double meanStep = (1 - decay) * (parameters.getDouble(meanAt) - mean);
      double spread = parameters.getDouble(spreadAt);
      double spreadStep;
      if (useLogStd) {
        double running = Math.pow(10, 2 * spread);
        spreadStep = spread - Math.log10(Math.sqrt(decay * running + (1 - decay) * variance));
      } else {
        spreadStep = (1 - decay) * (spread - variance);
      }
      Agreement.number("running mean", gradient.getDouble(meanAt), meanStep, 1e-6);
      Agreement.number("running spread", gradient.getDouble(spreadAt), spreadStep, 1e-6);
    }
  }

  private static double[] pixels(INDArray features, int channel) {
    float[] values =
        features.get(NDArrayIndex.all(), NDArrayIndex.point(channel)).dup('c').data().asFloat();
    double[] pixels = new double[values.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = values[i];
    }
    return pixels;
  }
}
