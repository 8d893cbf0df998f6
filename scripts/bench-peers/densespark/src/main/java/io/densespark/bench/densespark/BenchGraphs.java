package io.densespark.bench.densespark;

import io.densespark.bench.Net;
import io.densespark.model.DenseNetGraph;
import io.densespark.model.DenseNetPresets;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;

/** The measured nets as the job has them, and the batch as ND4J takes it. */
final class BenchGraphs {

  private static final long SEED = 1;

  private BenchGraphs() {}

  static ComputationGraphConfiguration graph(String preset, int channels, int height, int width) {
    return DenseNetGraph.configuration(
        DenseNetPresets.named(preset),
        channels,
        height,
        width,
        new Nesterovs(Net.LEARNING_RATE, Net.MOMENTUM),
        0,
        SEED);
  }

  static ComputationGraphConfiguration graph(Net net) {
    return graph(net.name(), net.channels(), net.height(), net.width());
  }

  /** float32 [n, channels, height, width]. */
  static INDArray images(Net net, int n) {
    return Nd4j.create(net.images(n), new int[] {n, net.channels(), net.height(), net.width()});
  }

  /** float32 [n, classes], one 1 in each row. */
  static INDArray labels(Net net, int n) {
    float[] rows = new float[n * net.classes()];
    int[] labels = net.labels(n);
    for (int i = 0; i < n; i++) {
      rows[i * net.classes() + labels[i]] = 1;
    }
    return Nd4j.create(rows, new int[] {n, net.classes()});
  }
}
