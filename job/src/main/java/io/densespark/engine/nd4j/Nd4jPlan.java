package io.densespark.engine.nd4j;

import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanGuard;
import io.densespark.engine.PlanSummary;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;

/** A {@link ComputationGraph} behind the contract of {@link Plan}. */
final class Nd4jPlan implements Plan {

  private static final float BYTE_MAX = 255f;
  // ND4J accounts for its own memory, across all that runs in the process.
  private static final long UNKNOWN_BYTES = 0;

  private final ComputationGraph network;
  private final PlanConfig config;
  private final PlanGuard guard;
  private final PlanSummary summary;

  Nd4jPlan(
      ComputationGraph network,
      PlanConfig config,
      long classes,
      String instructionSet,
      long startNanos) {
    this.network = network;
    this.config = config;
    this.guard = new PlanGuard(config, network.numParams(), classes);
    double compileMillis = (System.nanoTime() - startNanos) / 1e6;
    this.summary = new PlanSummary("nd4j", instructionSet, UNKNOWN_BYTES, compileMillis);
  }

  @Override
  public PlanConfig config() {
    return config;
  }

  @Override
  public long parameterCount() {
    return network.numParams();
  }

  @Override
  public double gradient(
      INDArray parameters, INDArray features, INDArray labels, INDArray gradient, long noiseSeed) {
    int examples = guard.admitGradient(parameters, features, labels, gradient);
    network.setParams(parameters);
    network.setInput(0, scaled(features));
    network.setLabels(labels);
    Random random = Nd4j.getRandom();
    long rootState = random.rootState();
    long nodeState = random.nodeState();
    random.setSeed(noiseSeed);
    try {
      network.computeGradientAndScore();
    } finally {
      random.setStates(rootState, nodeState);
      network.clear();
    }
    gradient.assign(network.getGradientsViewArray());
    double loss = network.score() - network.calcRegularizationScore(true);
    boolean summed = !network.getOutputLayer(0).conf().isMiniBatch();
    return summed ? loss / examples : loss;
  }

  @Override
  public void infer(INDArray parameters, INDArray features, INDArray probabilities) {
    guard.admitInference(parameters, features, probabilities);
    network.setParams(parameters);
    INDArray output = network.outputSingle(false, scaled(features));
    probabilities.assign(output);
    output.close();
  }

  private static INDArray scaled(INDArray features) {
    return features.dataType() == DataType.UINT8
        ? features.castTo(DataType.FLOAT).divi(BYTE_MAX)
        : features;
  }

  @Override
  public PlanSummary summary() {
    return summary;
  }

  /**
   * Frees parameters and gradient. Not {@code ComputationGraph.close()}, which also destroys the
   * workspaces of every other network on this thread and asks for a garbage collection.
   */
  @Override
  public void close() {
    if (guard.close()) {
      free(network.params());
      free(network.getGradientsViewArray());
    }
  }

  private static void free(INDArray array) {
    if (array != null && array.closeable()) {
      array.close();
    }
  }
}
