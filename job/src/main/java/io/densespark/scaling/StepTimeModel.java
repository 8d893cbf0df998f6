package io.densespark.scaling;

import io.densespark.sync.SyncConfig.ExchangeRule;
import io.densespark.sync.SyncConfig.WireFormat;
import io.densespark.text.Text;

/**
 * How long a step takes on E executors of c cores, a rank on each core, from constants that can be
 * measured on few. The rounds are those of {@code sync.collective}: the slots of an executor add in
 * shared memory, executors exchange a dense sum by a direct reduce-scatter and an all-gather, each
 * one hop, each executor talking to all others, or where {@link ExchangeRule} has it by recursive
 * halving and doubling, in twice as many hops as their number has bits, each with one other; the
 * threshold format is one all-gather of the ranks' sparse messages beside a dense sum of the
 * running statistics.
 *
 * <pre>
 *   round(bytes to each peer) = latency + (E-1) (bytes + header) / bandwidth + fixed + (E-1) frame
 *   direct(values)            = 2 round(values / E * width), nothing for one executor
 *   halving(values)           = sum over i = 1 to log2 E of 2 round(values / 2^i * width), of one peer
 *   dense(values)             = direct or halving(values) + values * value, nothing for one rank
 *   gradient sharing          = compute + straggler(1) + exchange
 *   parameter averaging, k    = compute + (straggler(k) + losses + dense(parameters) + dense(state)) / k
 *   straggler(k)              = jitter sqrt(k) sqrt(2 ln (E c)), the largest of E c normal deviations
 * </pre>
 *
 * <p>A slot reads and writes every value once however many cores share the work, so that a value
 * costs the same on executors of any size. Means of an executor of several ranks travel as doubles.
 *
 * <p>A connection's congestion window is taken to be open: it is not modelled that TCP may start
 * slowly again after a pause.
 *
 * @param computeSeconds batch, gradient and update of a replica
 * @param jitterSeconds standard deviation of it between steps and replicas
 * @param latencySeconds from one executor to another, one way
 * @param bytesPerSecond of an executor's link, in each direction
 * @param roundSeconds what a round costs beside the network: waking up, the system's calls
 * @param frameSeconds what each frame of a round costs an executor
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

  /**
   * Executors of as many cores each.
   *
   * @param executors E
   * @param cores c of each
   */
  public record Cluster(int executors, int cores) {
    int ranks() {
      return executors * cores;
    }
  }

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

  /** A step of gradient sharing on executors of one core. */
  public double gradientSharingSeconds(Model model, WireFormat format, int executors) {
    return gradientSharingSeconds(model, format, new Cluster(executors, 1));
  }

  /** A step of gradient sharing. */
  public double gradientSharingSeconds(Model model, WireFormat format, Cluster cluster) {
    double statistics = dense(model.statistics(), Float.BYTES, cluster);
    double exchange =
        switch (format) {
          case FP32 -> dense(model.parameters(), Float.BYTES, cluster);
          case BF16 -> dense(model.parameters(), Short.BYTES, cluster) + statistics;
          case THRESHOLD -> sparse(model, cluster) + statistics;
        };
    return computeSeconds + straggler(1, cluster) + exchange;
  }

  /** The mean step of parameter averaging every {@code frequency} steps. */
  public double parameterAveragingSeconds(Model model, int frequency, Cluster cluster) {
    double round =
        straggler(frequency, cluster)
            + round((double) frequency * Double.BYTES * cluster.cores(), cluster.executors())
            + mean(model.parameters(), cluster)
            + (model.updaterState() == 0 ? 0 : mean(model.updaterState(), cluster));
    return computeSeconds + round / frequency;
  }

  /** What moving a dense sum takes by the direct exchange: two hops. */
  public double directSeconds(long values, int width, int executors) {
    return 2 * round((double) values * width / executors, executors);
  }

  /**
   * What moving a dense sum takes by recursive halving and doubling (Thakur et al., "Optimization
   * of Collective Communication Operations in MPICH", 2005): the same bytes in 2 log2 E hops of one
   * frame each.
   *
   * @param executors a power of two
   */
  public double halvingAndDoublingSeconds(long values, int width, int executors) {
    double seconds = 0;
    for (int parts = 2; parts <= executors; parts *= 2) {
      seconds += 2 * round((double) values * width / parts, 2);
    }
    return seconds;
  }

  /** Share of the executors' time that computing takes: 1 were communication free. */
  public double efficiency(double stepSeconds) {
    return computeSeconds / stepSeconds;
  }

  private double dense(long values, int width, Cluster cluster) {
    return cluster.ranks() == 1
        ? 0
        : exchangeSeconds(values, width, cluster.executors()) + values * valueSeconds;
  }

  /** As {@code sync.exchange = auto} has it. */
  private double exchangeSeconds(long values, int width, int executors) {
    return halves(executors)
        ? halvingAndDoublingSeconds(values, width, executors)
        : directSeconds(values, width, executors);
  }

  private static boolean halves(int executors) {
    return ExchangeRule.AUTO.halves(executors) && Integer.bitCount(executors) == 1;
  }

  /** What executors bring to a mean is wide where it is a sum; all but the first when halving. */
  private double mean(long values, Cluster cluster) {
    boolean narrow = cluster.cores() == 1 && !halves(cluster.executors());
    int width = narrow ? Float.BYTES : Double.BYTES;
    return dense(values, (width + Float.BYTES) / 2, cluster);
  }

  /** Every slot reads the messages of all ranks. */
  private double sparse(Model model, Cluster cluster) {
    double places = (double) model.sparseBytes() / Integer.BYTES;
    return round((double) model.sparseBytes() * cluster.cores(), cluster.executors())
        + (model.parameters() + places * cluster.ranks()) * valueSeconds;
  }

  private double round(double bytesToEach, int executors) {
    int peers = executors - 1;
    if (peers == 0) {
      return 0;
    }
    return latencySeconds
        + peers * (bytesToEach + FRAME_HEADER_BYTES) / bytesPerSecond
        + roundSeconds
        + peers * frameSeconds;
  }

  private double straggler(int steps, Cluster cluster) {
    return jitterSeconds * Math.sqrt(steps) * Math.sqrt(2 * Math.log(cluster.ranks()));
  }
}
