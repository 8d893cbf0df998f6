package io.densespark.engine;

import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A graph compiled for one batch size. Parameters and gradients are DL4J's flat vectors in DL4J's
 * order; but for its {@link DeviceModel}, a plan keeps no parameters between calls.
 *
 * <p>A plan belongs to the thread that compiled it. Calls from another thread fail.
 */
public interface Plan extends AutoCloseable {

  /** The configuration that this plan was compiled with. */
  PlanConfig config();

  /** Length of the flat parameter vector, batch-norm running statistics included. */
  long parameterCount();

  /**
   * Computes the loss and its gradient over {@code n} examples, {@code 1 <= n <= batchSize}.
   *
   * <p>The gradient is what {@code ComputationGraph.computeGradientAndScore} leaves in {@code
   * getFlattenedGradients()}: summed over examples, before the updater, with the running statistics
   * of batch norm delivered as DL4J does, {@code (1 - decay) * (running - batch)}.
   *
   * @param parameters float32 [1, parameterCount], read
   * @param features float32 or uint8 [n, channels, height, width], row-major; unsigned bytes are
   *     scaled to 0..1
   * @param labels float32 [n, classes], each row a distribution
   * @param gradient float32 [1, parameterCount], overwritten
   * @param noiseSeed seed of this step's dropout masks; ignored by graphs without dropout
   * @return mean loss over the {@code n} examples, without regularisation terms
   */
  double gradient(
      INDArray parameters, INDArray features, INDArray labels, INDArray gradient, long noiseSeed);

  /**
   * Computes the output layer's activations in inference mode for {@code n <= batchSize} examples.
   *
   * @param parameters float32 [1, parameterCount], read
   * @param features float32 or uint8 [n, channels, height, width], row-major
   * @param probabilities float32 [n, classes], overwritten
   */
  void infer(INDArray parameters, INDArray features, INDArray probabilities);

  /**
   * The model's vectors on this plan's device, memory for which is taken now; empty for engines
   * that compute where DL4J's vectors are.
   *
   * @param updaterState length of the updater's flat state
   * @param averaged whether a moving average of the parameters is kept
   * @param statistics where the running statistics lie, in order
   * @throws EngineUnavailableException when the device has no room for them
   */
  default Optional<DeviceModel> deviceModel(
      int updaterState, boolean averaged, List<DeviceModel.Range> statistics) {
    return Optional.empty();
  }

  /** What this plan runs on and what it costs in memory. */
  PlanSummary summary();

  /** Frees native memory. Idempotent. */
  @Override
  void close();
}
