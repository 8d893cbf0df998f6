package io.densespark.train;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * One parameter of a layer, such as its weights: where it lies in DL4J's flat vectors, and what the
 * graph's settings say of its update.
 *
 * @param name layer and parameter, as DL4J keys them: {@code stem-conv_W}
 * @param start first value in the flat parameters and gradients
 * @param end after the last value
 * @param state where the first value's state lies in the flat updater state
 * @param stateStride from one vector of state to the next
 * @param updater DL4J's settings of the update
 * @param statistics whether it is running statistics of batch norm, whose gradient is a step
 * @param divided whether the gradient is a sum over examples, of which the update takes the mean
 * @param weights whether it is weights: neither a bias nor of batch norm
 * @param plain whether nothing is asked for but the updater and L2
 * @param l2 coefficient of L2 regularisation; null for none
 */
record ParameterRange(
    String name,
    int start,
    int end,
    int state,
    int stateStride,
    IUpdater updater,
    boolean statistics,
    boolean divided,
    boolean weights,
    boolean plain,
    L2Regularization l2) {

  /** All parameters of a graph that has its updater, in the flat order. */
  static List<ParameterRange> of(ComputationGraph graph) {
    boolean divides = graph.conf().isMiniBatch();
    List<ParameterRange> ranges = new ArrayList<>();
    for (UpdaterBlock block : graph.getUpdater().getUpdaterBlocks()) {
      int length = block.getParamOffsetEnd() - block.getParamOffsetStart();
      for (UpdaterBlock.ParamState part : block.getLayersAndVariablesInBlock()) {
        String parameter = part.getParamName();
        ranges.add(
            new ParameterRange(
                part.getLayer().getConfig().getLayerName() + "_" + parameter,
                part.getParamOffsetStart(),
                part.getParamOffsetEnd(),
                block.getUpdaterViewOffsetStart()
                    + part.getParamOffsetStart()
                    - block.getParamOffsetStart(),
                length,
                block.getGradientUpdater().getConfig(),
                !part.getLayer().updaterDivideByMinibatch(parameter),
                divides && part.getLayer().updaterDivideByMinibatch(parameter),
                isWeights(part.getLayer(), parameter),
                isPlain(part.getLayer(), parameter),
                l2(part.getLayer(), parameter)));
      }
    }
    return ranges;
  }

  int length() {
    return end - start;
  }

  private static boolean isWeights(Trainable layer, String parameter) {
    Layer settings = (Layer) layer.getConfig();
    return settings.initializer().isWeightParam(settings, parameter);
  }

  private static boolean isPlain(Trainable layer, String parameter) {
    GradientNormalization normalization = layer.getConfig().getGradientNormalization();
    List<Regularization> regularizations = regularizations(layer, parameter);
    return (normalization == null || normalization == GradientNormalization.None)
        && !layer.getConfig().isPretrainParam(parameter)
        && (regularizations.isEmpty()
            || regularizations.size() == 1
                && regularizations.get(0).getClass() == L2Regularization.class);
  }

  private static L2Regularization l2(Trainable layer, String parameter) {
    return regularizations(layer, parameter).stream()
        .filter(L2Regularization.class::isInstance)
        .map(L2Regularization.class::cast)
        .findFirst()
        .orElse(null);
  }

  private static List<Regularization> regularizations(Trainable layer, String parameter) {
    List<Regularization> all = layer.getConfig().getRegularizationByParam(parameter);
    return all == null ? List.of() : all;
  }
}
