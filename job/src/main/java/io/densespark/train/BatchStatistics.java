package io.densespark.train;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;

/**
 * The means and variances that batch norms of a graph normalise training batches by, read off the
 * gradient: a gradient holds the step of each running statistic towards the batch's, so from a
 * known running statistic follows the batch's.
 *
 * <p>A vector of them is in the order of the flat gradient; in the place of DL4J's log10 of a
 * deviation stands the variance, which can be averaged.
 */
final class BatchStatistics {

  /** A running variance beside which any batch's is large: the step then tells it to rounding. */
  private static final double BASE_LOG_STD = -12;

  /** Below it, whatever is normalised is constant. */
  private static final double LEAST_VARIANCE = 1e-12;

  private record Part(ParameterRange range, boolean logStd, double decay) {}

  private final List<Part> parts = new ArrayList<>();
  private final int length;

  BatchStatistics(ComputationGraph graph, List<ParameterRange> statistics) {
    int sum = 0;
    for (ParameterRange range : statistics) {
      int end = range.name().lastIndexOf('_');
      Layer layer = graph.getLayer(range.name().substring(0, end)).conf().getLayer();
      if (layer instanceof BatchNormalization norm) {
        String parameter = range.name().substring(end + 1);
        boolean logStd = parameter.equals(BatchNormalizationParamInitializer.GLOBAL_LOG_STD);
        parts.add(new Part(range, logStd, norm.getDecay()));
        sum += range.length();
      }
    }
    this.length = sum;
  }

  /** Values of a vector of them. */
  int length() {
    return length;
  }

  /** Puts known running statistics into flat parameters, for the gradients to come. */
  void begin(FloatBuffer parameters) {
    for (Part part : parts) {
      for (int i = part.range.start(); i < part.range.end(); i++) {
        parameters.put(i, part.logStd ? (float) BASE_LOG_STD : 0);
      }
    }
  }

  /** Adds the batch's statistics, times its examples; for gradients since {@link #begin}. */
  void add(FloatBuffer gradient, int examples, double[] sums) {
    int next = 0;
    for (Part part : parts) {
      double fresh = 1 - part.decay;
      for (int i = part.range.start(); i < part.range.end(); i++) {
        double step = gradient.get(i);
        double batch =
            part.logStd
                ? (variance(BASE_LOG_STD - step) - part.decay * variance(BASE_LOG_STD)) / fresh
                : -step / fresh;
        sums[next++] += examples * batch;
      }
    }
  }

  /** Makes statistics the running ones of flat parameters. */
  void putInto(FloatBuffer parameters, float[] statistics) {
    int next = 0;
    for (Part part : parts) {
      for (int i = part.range.start(); i < part.range.end(); i++) {
        float value = statistics[next++];
        parameters.put(i, part.logStd ? logStd(value) : value);
      }
    }
  }

  private static double variance(double logStd) {
    return Math.pow(10, 2 * logStd);
  }

  private static float logStd(double variance) {
    return (float) (0.5 * Math.log10(Math.max(variance, LEAST_VARIANCE)));
  }
}
