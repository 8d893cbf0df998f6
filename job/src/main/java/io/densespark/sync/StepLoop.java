package io.densespark.sync;

import io.densespark.data.Augmentation;
import io.densespark.data.BatchAssembler;
import io.densespark.data.Shard;
import io.densespark.data.ShardAssignment;
import io.densespark.sync.collective.Collective;
import io.densespark.sync.collective.CollectiveStats;
import io.densespark.train.Replica;
import io.densespark.train.StepCounts;
import io.densespark.train.StepMetrics;
import io.densespark.train.ThresholdState;
import java.util.List;
import java.util.function.Consumer;

/**
 * What both ways of synchronising have in common: the order of the shard's examples, the local
 * batch of a step, and the bookkeeping of time.
 */
abstract sealed class StepLoop permits GradientSharing, ParameterAveraging {

  final EpochWork work;
  final Collective collective;
  final ReplicaSlot slot;
  final Replica replica;
  final StepCounts counts;

  private final BatchAssembler batches;
  private final int[] order;
  private final Consumer<List<StepMetrics>> progress;

  private CollectiveStats statsBefore = CollectiveStats.NONE;
  private int firstGlobalStep;
  private long markNanos;
  private long dataNanos;
  private long computeNanos;

  /**
   * What a step cost. What is neither data, computing nor waiting is communication: with the work
   * that makes bytes of values and values of bytes.
   */
  record Cost(long wallNanos, long dataNanos, long computeNanos, long waitNanos, long bytesSent) {
    Cost and(Cost more) {
      return new Cost(
          wallNanos + more.wallNanos,
          dataNanos + more.dataNanos,
          computeNanos + more.computeNanos,
          waitNanos + more.waitNanos,
          bytesSent + more.bytesSent);
    }
  }

  /**
   * @param progress shown all steps of the epoch so far after each of them
   */
  StepLoop(
      EpochWork work,
      Collective collective,
      ReplicaSlot slot,
      Shard shard,
      StepCounts counts,
      Consumer<List<StepMetrics>> progress) {
    this.work = work;
    this.collective = collective;
    this.slot = slot;
    this.replica = slot.replica();
    this.counts = counts;
    this.progress = progress;
    long rankSeed = EpochWork.mix(work.seed(), collective.rank(), 1);
    this.order =
        shard.size() == 0
            ? new int[0]
            : ShardAssignment.of(rankSeed, 0, 1, shard.size()).order(work.epoch());
    this.batches =
        new BatchAssembler(
            shard,
            shard.holdsBytes()
                ? BatchAssembler.PixelFormat.UINT8
                : BatchAssembler.PixelFormat.FLOAT32,
            work.labelSmoothing(),
            new Augmentation(work.augment(), rankSeed));
  }

  /**
   * Does the steps of the epoch that are left.
   *
   * @param snapshots asked between two steps after which all replicas hold the same model
   * @return the first loss that is not finite, or a finite number if there was none
   */
  final double run(int fromStep, SnapshotTaker snapshots) {
    int steps = counts.stepsPerEpoch();
    firstGlobalStep = replica.graph().getIterationCount() - fromStep;
    collective.barrier("start of epoch " + (work.epoch() + 1));
    cost();
    for (int step = fromStep; step < steps; step++) {
      collective.beginStep(step);
      double loss = step(step);
      if (!Double.isFinite(loss)) {
        return loss;
      }
      if (isCommon() && step + 1 < steps) {
        snapshots.between(step + 1, this::residual);
      }
    }
    return 0;
  }

  /** Whether all replicas hold the same model now. */
  boolean isCommon() {
    return true;
  }

  /** What this rank has still to send after the epoch; null where everything is sent. */
  ThresholdState residual() {
    return null;
  }

  /** One step; returns its loss over all ranks, or a finite number where that is not known yet. */
  abstract double step(int stepInEpoch);

  /** Fills the replica's gradient; returns the loss summed over the local examples. */
  final double localGradient(int stepInEpoch) {
    int n = counts.examplesAt(collective.rank(), stepInEpoch);
    if (n == 0) {
      replica.zeroGradient();
      return 0;
    }
    long began = System.nanoTime();
    BatchAssembler.Batch batch =
        batches.assemble(order, stepInEpoch * counts.localBatch(), n, work.epoch());
    long assembled = System.nanoTime();
    int globalStep = replica.graph().getIterationCount();
    double loss =
        replica.gradient(
            batch.features(),
            batch.labels(),
            EpochWork.mix(work.seed(), globalStep, 2L + collective.rank()));
    dataNanos += assembled - began;
    computeNanos += System.nanoTime() - assembled;
    return loss * n;
  }

  /** DL4J's update from the replica's gradient. */
  final void apply(int examples) {
    long began = System.nanoTime();
    replica.apply(examples);
    computeNanos += System.nanoTime() - began;
  }

  /** What was spent since this was last asked. */
  final Cost cost() {
    long now = System.nanoTime();
    CollectiveStats stats = collective.stats();
    CollectiveStats spent = stats.since(statsBefore);
    Cost cost =
        new Cost(now - markNanos, dataNanos, computeNanos, spent.waitNanos(), spent.bytesSent());
    markNanos = now;
    statsBefore = stats;
    dataNanos = 0;
    computeNanos = 0;
    return cost;
  }

  /** Records a finished step. */
  final void record(int stepInEpoch, double loss, double learningRate, Cost cost) {
    StepMetrics metrics =
        new StepMetrics(
            firstGlobalStep + stepInEpoch + 1,
            work.epoch() + 1,
            counts.globalExamplesAt(stepInEpoch),
            loss,
            learningRate,
            cost.dataNanos(),
            cost.computeNanos(),
            cost.wallNanos() - cost.dataNanos() - cost.computeNanos() - cost.waitNanos(),
            cost.waitNanos(),
            cost.bytesSent());
    slot.steps().add(metrics);
    progress.accept(slot.steps());
  }
}
