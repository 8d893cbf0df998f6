package io.densespark.sync;

import io.densespark.data.Shard;
import io.densespark.sync.collective.Collective;
import io.densespark.train.StepCounts;
import io.densespark.train.StepMetrics;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Local SGD (Stich, "Local SGD Converges Fast and Communicates Little", ICLR 2019): each replica
 * steps alone and after every k steps, and at the end of the epoch, parameters and updater state
 * are averaged, weighted by the examples used since the last average.
 */
final class ParameterAveraging extends StepLoop {

  /** A step whose loss over all ranks is known only at the next average. */
  private record Pending(int stepInEpoch, double lossSum, double learningRate, Cost alone) {}

  private final List<Pending> pending = new ArrayList<>();
  private long examplesSinceAverage;
  private int roundSteps;

  ParameterAveraging(
      EpochWork work,
      Collective collective,
      ReplicaSlot slot,
      Shard shard,
      StepCounts counts,
      Consumer<List<StepMetrics>> progress) {
    super(work, collective, slot, shard, counts, progress);
  }

  @Override
  double step(int stepInEpoch) {
    if (pending.isEmpty()) {
      int globalStep = replica.graph().getIterationCount();
      roundSteps = globalStep < work.averagingWarmupSteps() ? 1 : work.averagingFrequency();
      slot.settleWithCopy(stepInEpoch);
    }
    int n = counts.examplesAt(collective.rank(), stepInEpoch);
    double lossSum = localGradient(stepInEpoch);
    double learningRate = replica.learningRate();
    if (n > 0) {
      apply(n);
    } else {
      // The global step goes on for everyone: the learning rate follows it.
      int step = replica.graph().getIterationCount();
      replica.graph().getConfiguration().setIterationCount(step + 1);
    }
    examplesSinceAverage += n;
    pending.add(new Pending(stepInEpoch, lossSum, learningRate, cost()));
    boolean last = stepInEpoch + 1 == counts.stepsPerEpoch();
    return last || pending.size() == roundSteps ? average() : 0;
  }

  @Override
  boolean isCommon() {
    return pending.isEmpty();
  }

  private double average() {
    double[] losses = lossesOverRanks();
    for (double loss : losses) {
      if (!Double.isFinite(loss)) {
        return loss;
      }
    }
    collective.weightedMean(replica.parameterBuffer(), examplesSinceAverage);
    if (replica.updaterStateBuffer().hasRemaining()) {
      collective.weightedMean(replica.updaterStateBuffer(), examplesSinceAverage);
    }
    for (int i = 0; i < losses.length; i++) {
      Pending step = pending.get(i);
      boolean last = i == losses.length - 1;
      record(
          step.stepInEpoch(),
          losses[i],
          step.learningRate(),
          last ? step.alone().and(cost()) : step.alone());
    }
    slot.settle(pending.get(pending.size() - 1).stepInEpoch() + 1);
    examplesSinceAverage = 0;
    pending.clear();
    return losses[losses.length - 1];
  }

  private double[] lossesOverRanks() {
    ByteBuffer mine = ByteBuffer.allocate(pending.size() * Double.BYTES);
    pending.forEach(step -> mine.putDouble(step.lossSum()));
    double[] losses = new double[pending.size()];
    for (byte[] one : collective.allGather(mine.array())) {
      ByteBuffer theirs = ByteBuffer.wrap(one);
      for (int i = 0; i < losses.length; i++) {
        losses[i] += theirs.getDouble();
      }
    }
    for (int i = 0; i < losses.length; i++) {
      losses[i] /= counts.globalExamplesAt(pending.get(i).stepInEpoch());
    }
    return losses;
  }
}
