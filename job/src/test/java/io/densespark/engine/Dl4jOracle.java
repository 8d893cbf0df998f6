package io.densespark.engine;

import java.util.Optional;
import java.util.Random;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** What DL4J itself computes for a case, in float or in double. */
final class Dl4jOracle {

  /** Loss without regularisation, flat gradient before the updater, inference output. */
  record Answer(double loss, INDArray gradient, INDArray probabilities) {}

  /** Relative disturbance of the parameters, well above the rounding errors of float. */
  private static final double DISTURBANCE = 3e-6;

  private static final int SEEDS_TO_TRY = 12;

  private final ComputationGraph network;
  private final INDArray parameters;
  private final INDArray features;
  private final INDArray labels;

  Dl4jOracle(GraphCase graphCase, DataType type) {
    ComputationGraph built = graphCase.network();
    network = type == DataType.FLOAT ? built : built.convertDataType(type);
    parameters = graphCase.parameters().castTo(type);
    features = graphCase.features().castTo(type);
    labels = graphCase.labels().castTo(type);
  }

  static Answer answer(GraphCase graphCase, DataType type) {
    return new Dl4jOracle(graphCase, type).answer();
  }

  Answer answer() {
    INDArray gradient = gradientAt(parameters);
    double loss = network.score() - network.calcRegularizationScore(true);
    return new Answer(loss, gradient, network.outputSingle(false, features));
  }

  private INDArray gradientAt(INDArray point) {
    network.setParams(point);
    network.setInput(0, features);
    network.setLabels(labels);
    network.computeGradientAndScore();
    return network.getGradientsViewArray().dup('c');
  }

  /** The mean loss in training mode, by a forward pass alone. */
  double lossAt(INDArray point) {
    network.setParams(point);
    double score = network.score(new DataSet(features, labels), true);
    return score - network.calcRegularizationScore(true);
  }

  INDArray parameters() {
    return parameters;
  }

  /**
   * The case with the first seed at which float arithmetic decides every ReLU and every maximum as
   * double does: moving the parameters by a few roundings, there and back, leaves the gradient
   * where it was. Empty when no such seed is near.
   */
  static Optional<GraphCase> decidedInFloat(GraphCase graphCase, double tolerance) {
    for (int attempt = 0; attempt < SEEDS_TO_TRY; attempt++) {
      GraphCase candidate = graphCase.withSeed(graphCase.seed() + attempt);
      if (isDecidedInFloat(candidate, tolerance)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  private static boolean isDecidedInFloat(GraphCase graphCase, double tolerance) {
    Dl4jOracle oracle = new Dl4jOracle(graphCase, DataType.DOUBLE);
    INDArray centre = oracle.gradientAt(oracle.parameters);
    double[] direction = new double[(int) oracle.parameters.length()];
    Random random = new Random(graphCase.seed());
    for (int i = 0; i < direction.length; i++) {
      direction[i] = DISTURBANCE * random.nextGaussian();
    }
    INDArray shift = oracle.parameters.mul(Nd4j.create(direction).reshape(1, direction.length));
    return Agreement.worstError(graphCase, oracle.gradientAt(oracle.parameters.add(shift)), centre)
            < tolerance / 2
        && Agreement.worstError(graphCase, oracle.gradientAt(oracle.parameters.sub(shift)), centre)
            < tolerance / 2;
  }
}
