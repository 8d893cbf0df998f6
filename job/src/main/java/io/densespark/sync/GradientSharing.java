package io.densespark.sync;

import io.densespark.data.Shard;
import io.densespark.sync.collective.Collective;
import io.densespark.sync.collective.GradientExchange;
import io.densespark.sync.collective.ThresholdConfig;
import io.densespark.sync.collective.WirePrecision;
import io.densespark.train.StepCounts;
import io.densespark.train.StepMetrics;
import io.densespark.train.ThresholdState;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.Consumer;

/**
 * Synchronous SGD: every step adds the gradients of all replicas and each applies the same update,
 * which is exactly a step over the global batch, but for batch norm, whose statistics are of the
 * local batch (ghost batch norm; Hoffer et al., "Train longer, generalize better", NIPS 2017).
 */
final class GradientSharing extends StepLoop {

  /** DL4J's default threshold. */
  private static final float FIRST_THRESHOLD = 1e-3f;

  private final GradientExchange exchange;

  GradientSharing(
      EpochWork work,
      Collective collective,
      ReplicaSlot slot,
      Shard shard,
      StepCounts counts,
      List<ThresholdState> residuals,
      Consumer<List<StepMetrics>> progress) {
    super(work, collective, slot, shard, counts, progress);
    this.exchange =
        GradientExchange.of(
            work.wireFormat(),
            collective,
            replica.gradientBuffer().capacity(),
            ThresholdConfig.adaptive(FIRST_THRESHOLD));
    if (!residuals.isEmpty()) {
      exchange.restore(residuals.get(collective.rank()));
    }
  }

  @Override
  ThresholdState residual() {
    return exchange.state().orElse(null);
  }

  @Override
  double step(int stepInEpoch) {
    int examples = counts.globalExamplesAt(stepInEpoch);
    double lossSum = localGradient(stepInEpoch);
    replica.weighStatistics(counts.examplesAt(collective.rank(), stepInEpoch), examples);
    double loss = shareGradient(lossSum) / examples;
    if (!Double.isFinite(loss)) {
      return loss;
    }
    double learningRate = replica.learningRate();
    slot.unsettle();
    apply(examples);
    record(stepInEpoch, loss, learningRate, cost());
    slot.settle(stepInEpoch + 1);
    return loss;
  }

  /** Sums gradients over all ranks, and beside them the losses, which it returns. */
  private double shareGradient(double lossSum) {
    if (work.wireFormat() == SyncConfig.WireFormat.FP32) {
      return collective.allReduceSum(replica.gradientBuffer(), WirePrecision.FP32, lossSum);
    }
    // Running statistics are not gradients: they travel in full precision beside a short format.
    float[] statistics = replica.statistics();
    replica.putStatistics(new float[statistics.length]);
    boolean finite = exchange.sum(replica.gradientBuffer());
    double losses =
        collective.allReduceSum(FloatBuffer.wrap(statistics), WirePrecision.FP32, lossSum);
    replica.putStatistics(statistics);
    return finite ? losses : Double.NaN;
  }
}
