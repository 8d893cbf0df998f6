package io.densespark.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A graph with the parameters and the batch that it is tried on, all drawn from one seed.
 *
 * @param name how reports call it
 * @param graph a graph of float32
 * @param images shape of the batch
 * @param seed source of parameters, features and labels
 */
record GraphCase(String name, ComputationGraphConfiguration graph, Images images, long seed) {

  static final int CLASSES = 5;

  /** Shape of a batch of images. */
  record Images(int batch, int channels, int height, int width) {
    @Override
    public String toString() {
      return batch + "x" + channels + "x" + height + "x" + width;
    }

    long[] shape() {
      return new long[] {batch, channels, height, width};
    }
  }

  /** One tensor within the flat vector; {@code statistic} marks batch norm's running ones. */
  record Tensor(String name, long offset, long length, boolean statistic) {}

  GraphCase withSeed(long newSeed) {
    return new GraphCase(name, graph, images, newSeed);
  }

  PlanConfig planConfig(PlanConfig.Purpose purpose) {
    return planConfig(purpose, images.batch());
  }

  PlanConfig planConfig(PlanConfig.Purpose purpose, int batchSize) {
    return new PlanConfig(
        batchSize,
        1,
        purpose,
        images.channels(),
        images.height(),
        images.width(),
        EngineConfig.defaults());
  }

  ComputationGraph network() {
    ComputationGraph network = new ComputationGraph(graph.clone());
    network.init();
    return network;
  }

  /** Weights of unit gain, biases and batch norm's four vectors away from their trivial values. */
  INDArray parameters() {
    Random random = new Random(seed);
    ComputationGraph network = network();
    for (Map.Entry<String, INDArray> entry : network.paramTable().entrySet()) {
      INDArray tensor = entry.getValue();
      String kind = kind(entry.getKey());
      float[] values = new float[(int) tensor.length()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) draw(random, kind, tensor);
      }
      tensor.assign(Nd4j.create(values, tensor.shape(), 'c'));
    }
    return network.params().dup('c').reshape(1, network.numParams());
  }

  private static String kind(String parameterName) {
    return parameterName.substring(parameterName.lastIndexOf('_') + 1);
  }

  private static double draw(Random random, String kind, INDArray tensor) {
    return switch (kind) {
      case "W" -> random.nextGaussian() / Math.sqrt(fanIn(tensor));
      case BatchNormalizationParamInitializer.GAMMA,
          BatchNormalizationParamInitializer.GLOBAL_VAR ->
          0.5 + random.nextDouble();
      case BatchNormalizationParamInitializer.GLOBAL_LOG_STD -> 0.4 * random.nextDouble() - 0.2;
      default -> 0.3 * random.nextGaussian();
    };
  }

  private static long fanIn(INDArray weights) {
    return weights.rank() == 4 ? weights.length() / weights.size(0) : weights.size(0);
  }

  /** Where each tensor lies in the flat vector, in DL4J's order. */
  List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    network()
        .paramTable()
        .forEach(
            (name, view) ->
                tensors.add(
                    new Tensor(name, view.offset(), view.length(), isStatistic(kind(name)))));
    return tensors;
  }

  private static boolean isStatistic(String kind) {
    return switch (kind) {
      case BatchNormalizationParamInitializer.GLOBAL_MEAN,
          BatchNormalizationParamInitializer.GLOBAL_VAR,
          BatchNormalizationParamInitializer.GLOBAL_LOG_STD ->
          true;
      default -> false;
    };
  }

  /** Standard normal values, so that no two of a pooling window are alike. */
  INDArray features() {
    Random random = new Random(seed ^ 0x5DEECE66DL);
    float[] values =
        new float[images.batch() * images.channels() * images.height() * images.width()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.create(values, images.shape(), 'c');
  }

  /** Pixels of every value from 0 to 255. */
  INDArray byteFeatures() {
    Random random = new Random(seed ^ 0xB17EL);
    INDArray pixels = Nd4j.create(DataType.UINT8, images.shape());
    for (long i = 0; i < pixels.length(); i++) {
      pixels.putScalar(i, random.nextInt(256));
    }
    return pixels;
  }

  /** Soft labels: every class has a share, one of them most of it. */
  INDArray labels() {
    Random random = new Random(seed ^ 0x1ABE15L);
    float[] values = new float[images.batch() * CLASSES];
    for (int row = 0; row < images.batch(); row++) {
      int winner = random.nextInt(CLASSES);
      for (int column = 0; column < CLASSES; column++) {
        values[row * CLASSES + column] = 0.1f / CLASSES + (column == winner ? 0.9f : 0f);
      }
    }
    return Nd4j.create(values, new long[] {images.batch(), CLASSES}, 'c');
  }

  @Override
  public String toString() {
    return name + " on " + images;
  }
}
