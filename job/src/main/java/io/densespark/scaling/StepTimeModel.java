package io.densespark.scaling;

import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.text.Text;

/**
 * How long a step takes on N executors, from constants that can be measured on few. The rounds are
 * those of {@code sync.collective}: a dense sum is a reduce-scatter and an all-gather, each one
 * hop, each rank talking to all others; the threshold format is one all-gather of sparse messages
 * beside a dense sum of the running statistics.
 *
 * <pre>
 *   round(bytes to each peer) = latency + (N-1) (bytes + header) / bandwidth + fixed + (N-1) frame
 *   dense(values)             = 2 round(values / N * width) + values * value
 *   gradient sharing          = compute + straggler(1) + exchange
 *   parameter averaging, k    = compute + (straggler(k) + losses + dense(parameters) + dense(state)) / k
 *   straggler(k)              = jitter sqrt(k) sqrt(2 ln N), the largest of N normal deviations
 * </pre>
 *
 * <p>A connection's congestion window is taken to be open: it is not modelled that TCP may start
 * slowly again after a pause.
 *
 * @param computeSeconds batch, gradient and update of a replica
 * @param jitterSeconds standard deviation of it between steps and replicas
 * @param latencySeconds from one executor to another, one way
 * @param bytesPerSecond of an executor's link, in each direction
 * @param roundSeconds what a round costs beside the network: waking up, the system's calls
 * @param frameSeconds what each frame of a round costs a rank
 * @param valueSeconds encoding, adding and decoding a value
 */
public record StepTimeModel(
    double computeSeconds,
    double jitterSeconds,
    double latencySeconds,
    double bytesPerSecond,
    double roundSeconds,
    double frameSeconds,
    double valueSeconds) {

  private static final int FRAME_HEADER_BYTES = 48;

  /**
   * What is kept together.
   *
   * @param parameters of the model, running statistics included
   * @param statistics running statistics of batch norm
   * @param updaterState values of the updater's state
   * @param sparseBytes of one rank's message in the threshold format
   */
  public record Model(long parameters, long statistics, long updaterState, long sparseBytes) {}

  public StepTimeModel {
    if (!(computeSeconds > 0) || !(bytesPerSecond > 0)) {
      throw new IllegalArgumentException(
          Text.format(
              "compute %s s and bandwidth %s bytes/s: both must be above 0",
              computeSeconds, bytesPerSecond));
    }
    double least =
        Math.min(
            Math.min(Math.min(jitterSeconds, latencySeconds), Math.min(roundSeconds, frameSeconds)),
            valueSeconds);
    if (!(least >= 0)) {
      throw new IllegalArgumentException("a cost is negative or no number: " + least);
    }
  }

  /** A step of gradient sharing. */
  public double gradientSharingSeconds(Model model, WireFormat format, int worldSize) {
    double exchange =
        switch (format) {
          case FP32 -> dense(model.parameters(), Float.BYTES, worldSize);
          case BF16 ->
              dense(model.parameters(), Short.BYTES, worldSize)
                  + dense(model.statistics(), Float.BYTES, worldSize);
          case THRESHOLD ->
              sparse(model, worldSize) + dense(model.statistics(), Float.BYTES, worldSize);
        };
    return computeSeconds + straggler(1, worldSize) + exchange;
  }

  /** The mean step of parameter averaging every {@code frequency} steps. */
  public double parameterAveragingSeconds(Model model, int frequency, int worldSize) {
    double round =
        straggler(frequency, worldSize)
            + round((double) frequency * Double.BYTES, worldSize)
            + dense(model.parameters(), Float.BYTES, worldSize)
            + (model.updaterState() == 0 ? 0 : dense(model.updaterState(), Float.BYTES, worldSize));
    return computeSeconds + round / frequency;
  }

  /** Share of the executors' time that computing takes: 1 were communication free. */
  public double efficiency(double stepSeconds) {
    return computeSeconds / stepSeconds;
  }

  private double dense(long values, int width, int worldSize) {
    return worldSize == 1
        ? 0
        : 2 * round((double) values * width / worldSize, worldSize) + values * valueSeconds;
  }

  /** Every rank reads the messages of all. */
  private double sparse(Model model, int worldSize) {
    double places = (double) model.sparseBytes() / Integer.BYTES;
    return round(model.sparseBytes(), worldSize)
        + (model.parameters() + places * worldSize) * valueSeconds;
  }

  private double round(double bytesToEach, int worldSize) {
    int peers = worldSize - 1;
    if (peers == 0) {
      return 0;
    }
    return latencySeconds
        + peers * (bytesToEach + FRAME_HEADER_BYTES) / bytesPerSecond
        + roundSeconds
        + peers * frameSeconds;
  }

  private double straggler(int steps, int worldSize) {
    return jitterSeconds * Math.sqrt(steps) * Math.sqrt(2 * Math.log(worldSize));
  }
}
