package io.densespark.sync.rank;

import io.densespark.data.Augmentation;
import io.densespark.data.BatchAssembler;
import io.densespark.data.Shard;
import io.densespark.data.ShardAssignment;
import io.densespark.sync.collective.Collective;
import io.densespark.sync.collective.CollectiveStats;
import io.densespark.train.GradientNoise;
import io.densespark.train.RankState;
import io.densespark.train.Replica;
import io.densespark.train.StepCounts;
import io.densespark.train.StepMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * What both ways of synchronising have in common: the ranks of a slot with the order of their
 * examples, the local batch of a step, and the bookkeeping of time. A slot's ranks take turns on
 * its replica.
 */
public abstract sealed class StepLoop permits GradientSharing, ParameterAveraging {

  final EpochWork work;
  final Collective collective;
  final ReplicaSlot slot;
  final Replica replica;
  final StepCounts counts;
  final List<RankBatches> ranks = new ArrayList<>();

  private final Consumer<List<StepMetrics>> progress;

  /** The turn that a batch was prepared for, if any, and the batch. */
  private Turn ahead;

  private Replica.LocalBatch aheadBatch;

  private CollectiveStats statsBefore = CollectiveStats.NONE;
  private int firstGlobalStep;
  private long markNanos;
  private long dataNanos;
  private long computeNanos;

  /**
   * The batches of one rank. Their order and what augmentation does to them depend on seed, rank,
   * epoch and row of the shard alone.
   */
  record RankBatches(int rank, int[] order, BatchAssembler assembler) {}

  /** A rank's part of a step of the epoch. */
  record Turn(RankBatches batches, int step) {}

  /**
   * What a step cost. What is neither data, computing nor waiting is communication: with the work
   * that makes bytes of values and values of bytes.
   */
  record Cost(long wallNanos, long dataNanos, long computeNanos, long waitNanos, long bytesSent) {
    static final Cost NONE = new Cost(0, 0, 0, 0, 0);

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
   * An epoch of a slot.
   *
   * @param shards of the slot's ranks, in their order
   * @param rankStates of all ranks, where they have state of their own; else empty
   */
  public record Epoch(
      EpochWork work,
      Collective collective,
      ReplicaSlot slot,
      List<Shard> shards,
      StepCounts counts,
      List<RankState> rankStates) {}

  /**
   * @param progress shown all steps of the epoch so far after each of them
   */
  StepLoop(Epoch epoch, Consumer<List<StepMetrics>> progress) {
    this.work = epoch.work;
    this.collective = epoch.collective;
    this.slot = epoch.slot;
    this.replica = slot.replica();
    this.counts = epoch.counts;
    this.progress = progress;
    for (int i = 0; i < epoch.shards.size(); i++) {
      int rank = collective.ranks().from() + i;
      Augmentation augmentation = new Augmentation(work.augment(), rankSeed(work, rank));
      ranks.add(batches(work, rank, epoch.shards.get(i), augmentation));
    }
  }

  private static long rankSeed(EpochWork work, int rank) {
    return EpochWork.mix(work.seed(), rank, 1);
  }

  static RankBatches batches(EpochWork work, int rank, Shard shard, Augmentation augmentation) {
    BatchAssembler.PixelFormat format =
        shard.holdsBytes() ? BatchAssembler.PixelFormat.UINT8 : BatchAssembler.PixelFormat.FLOAT32;
    return new RankBatches(
        rank,
        ShardAssignment.of(rankSeed(work, rank), 0, 1, shard.size()).order(work.epoch()),
        new BatchAssembler(shard, format, work.labelSmoothing(), augmentation));
  }

  /**
   * Does the steps of the epoch that are left, in rounds after each of which all replicas hold the
   * same model.
   *
   * @param snapshots asked between two rounds
   * @return the first loss that is not finite, or a finite number if there was none
   */
  public final double run(int fromStep, Snapshots snapshots) {
    int steps = counts.stepsPerEpoch();
    firstGlobalStep = replica.step() - fromStep;
    collective.barrier();
    cost();
    int step = fromStep;
    while (step < steps) {
      int to = Math.min(steps, step + roundSteps(step));
      collective.beginStep(step);
      double loss = round(step, to);
      if (!Double.isFinite(loss)) {
        return loss;
      }
      step = to;
      if (step < steps) {
        snapshots.between(step, this::rankStates);
      }
    }
    return 0;
  }

  /** What this slot's ranks have of their own between two rounds; empty where all are alike. */
  public List<RankState> rankStates() {
    return List.of();
  }

  /** Steps of the round that begins after {@code from} steps of the epoch. */
  abstract int roundSteps(int from);

  /** Steps {@code [from, to)} of the epoch; returns the last one's loss over all ranks. */
  abstract double round(int from, int to);

  final Turn turn(int rankOfSlot, int stepInEpoch) {
    return new Turn(ranks.get(rankOfSlot), stepInEpoch);
  }

  /**
   * Fills the replica's gradient for a rank; returns the loss summed over its examples.
   *
   * @param next the turn after it; of a step after the last there is none
   */
  final double localGradient(Turn turn, Turn next) {
    int rank = turn.batches().rank();
    work.probe().before(rank, replica.step() + 1);
    int n = examples(turn);
    if (n == 0) {
      replica.flatGradient().clear();
      return 0;
    }
    long began = System.nanoTime();
    long dataBefore = dataNanos;
    Replica.LocalBatch batch = turn.equals(ahead) ? aheadBatch : prepare(turn);
    double loss =
        replica.gradient(
            batch, EpochWork.mix(work.seed(), replica.step(), 2L + rank), () -> prepareAhead(next));
    computeNanos += System.nanoTime() - began - (dataNanos - dataBefore);
    return loss * n;
  }

  private int examples(Turn turn) {
    return counts.examplesAt(turn.batches().rank(), turn.step());
  }

  private void prepareAhead(Turn next) {
    if (next.step() < counts.stepsPerEpoch() && examples(next) > 0) {
      aheadBatch = prepare(next);
      ahead = next;
    }
  }

  private Replica.LocalBatch prepare(Turn turn) {
    long began = System.nanoTime();
    BatchAssembler.Batch batch =
        turn.batches()
            .assembler()
            .assemble(
                turn.batches().order(),
                turn.step() * counts.localBatch(),
                examples(turn),
                work.epoch());
    Replica.LocalBatch prepared = replica.prepare(batch.features(), batch.labels());
    dataNanos += System.nanoTime() - began;
    return prepared;
  }

  /** A value that it takes some computing to know. */
  final double computing(DoubleSupplier value) {
    long began = System.nanoTime();
    double computed = value.getAsDouble();
    computeNanos += System.nanoTime() - began;
    return computed;
  }

  /** DL4J's update from the replica's gradient. */
  final void apply(int examples) {
    long began = System.nanoTime();
    replica.apply(examples);
    computeNanos += System.nanoTime() - began;
  }

  /** Steps end after which all replicas hold the same parameters. */
  final void followParameters(int steps) {
    long began = System.nanoTime();
    replica.followParameters(steps);
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
  final void record(
      int stepInEpoch, double loss, double learningRate, GradientNoise noise, Cost cost) {
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
            cost.bytesSent(),
            noise);
    slot.steps().add(metrics);
    progress.accept(slot.steps());
  }
}
