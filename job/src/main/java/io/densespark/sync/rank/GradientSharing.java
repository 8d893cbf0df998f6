package io.densespark.sync.rank;

import io.densespark.sync.SyncConfig;
import io.densespark.sync.collective.DenseExchange;
import io.densespark.sync.collective.GradientExchange;
import io.densespark.sync.collective.ThresholdConfig;
import io.densespark.sync.collective.ThresholdExchange;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.RankRange;
import io.densespark.sync.tree.WirePrecision;
import io.densespark.train.FlatGradient;
import io.densespark.train.GradientNoise;
import io.densespark.train.RankState;
import io.densespark.train.StepMetrics;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.Consumer;

/**
 * Synchronous SGD: every step adds the gradients of all ranks and each slot applies the same
 * update, which is exactly a step over the global batch, but for batch norm, whose statistics are
 * of the local batch (ghost batch norm; Hoffer et al., "Train longer, generalize better", NIPS
 * 2017).
 */
public final class GradientSharing extends StepLoop {

  /** DL4J's default threshold. */
  private static final float FIRST_THRESHOLD = 1e-3f;

  private final FlatGradient gradient;

  /** What travels in full precision: gradients, or beside a short format their statistics. */
  private final DenseExchange full;

  /**
   * Whether the ranks' gradients tell of their noise: what the threshold format sends is not the
   * sum of the gradients of a step.
   */
  private final boolean measuresNoise;

  /** Whether this is the only rank: its gradient, if in full precision, is the sum as it is. */
  private final boolean alone;

  /** Gradients in a short format; null where they travel in full precision. */
  private final GradientExchange brief;

  /** Gradients in full precision of a replica on a device; null where there is none. */
  private final DeviceSums onDevice;

  /**
   * @param progress shown all steps of the epoch so far after each of them
   */
  public GradientSharing(Epoch epoch, Consumer<List<StepMetrics>> progress) {
    super(epoch, progress);
    this.full = new DenseExchange(collective, WirePrecision.FP32);
    this.alone = work.worldSize() == 1;
    this.measuresNoise = work.worldSize() > 1 && !work.keepsRankStates();
    this.gradient = replica.flatGradient();
    this.brief =
        switch (work.wireFormat()) {
          case FP32 -> null;
          case BF16 -> new DenseExchange(collective, WirePrecision.BF16);
          case THRESHOLD ->
              new ThresholdExchange(
                  collective,
                  gradient.values().capacity(),
                  ThresholdConfig.adaptive(FIRST_THRESHOLD));
        };
    this.onDevice =
        addsOnDevices(work)
            ? gradient
                .device()
                .map(device -> new DeviceSums(collective, gradient, device))
                .orElse(null)
            : null;
    if (!epoch.rankStates().isEmpty()) {
      RankRange mine = collective.ranks();
      brief.restore(epoch.rankStates().subList(mine.from(), mine.to()));
    }
  }

  /** Whether replicas that have a device add the gradients of a slot's ranks there. */
  public static boolean addsOnDevices(EpochWork work) {
    return work.mode() == SyncConfig.Mode.GRADIENT_SHARING
        && work.wireFormat() == SyncConfig.WireFormat.FP32;
  }

  @Override
  public List<RankState> rankStates() {
    return brief == null ? List.of() : brief.states();
  }

  @Override
  int roundSteps(int from) {
    return 1;
  }

  @Override
  double round(int from, int to) {
    int examples = counts.globalExamplesAt(from);
    for (int i = 0; i < ranks.size(); i++) {
      int rank = ranks.get(i).rank();
      Turn next = i + 1 < ranks.size() ? turn(i + 1, from) : turn(0, to);
      double lossSum = localGradient(turn(i, from), next);
      int n = counts.examplesAt(rank, from);
      gradient.weighStatistics(n, examples);
      add(rank, new Companions(lossSum, measuresNoise && n > 0 ? squaredGradient() / n : 0));
    }
    Companions sums = sum();
    double loss = sums.first() / examples;
    if (!Double.isFinite(loss)) {
      return loss;
    }
    double learningRate = replica.learningRate();
    // Slot 0 keeps the records.
    GradientNoise noise =
        measuresNoise && collective.slot() == 0
            ? GradientNoise.of(
                sums.second(), squaredGradient(), counts.ranksWithExamplesAt(from), examples)
            : GradientNoise.NONE;
    slot.beginUpdate();
    apply(examples);
    followParameters(1);
    record(from, loss, learningRate, noise, cost());
    slot.commit(to);
    return loss;
  }

  private void add(int rank, Companions beside) {
    if (onDevice != null) {
      onDevice.add(rank, beside);
      return;
    }
    if (brief == null) {
      full.add(rank, exchanged(), beside);
      return;
    }
    // Running statistics are not gradients: they travel in full precision beside a short format.
    float[] statistics = gradient.statistics();
    gradient.putStatistics(new float[statistics.length]);
    brief.add(rank, gradient.values());
    full.add(rank, FloatBuffer.wrap(statistics), beside);
  }

  /** Puts the sum of the gradients into the replica; returns what was summed beside them. */
  private Companions sum() {
    if (onDevice != null) {
      return onDevice.sum();
    }
    if (brief == null) {
      return full.sumWithCompanions(exchanged());
    }
    boolean finite = brief.sum(gradient.values());
    float[] statistics = gradient.statistics();
    Companions beside = full.sumWithCompanions(FloatBuffer.wrap(statistics));
    gradient.putStatistics(statistics);
    return finite ? beside : Companions.of(Double.NaN);
  }

  private FloatBuffer exchanged() {
    return alone ? FloatBuffer.allocate(0) : gradient.values();
  }

  private double squaredGradient() {
    return computing(gradient::squaredLength);
  }
}
