package io.densespark.sync.master;

import io.densespark.data.Augmentation;
import io.densespark.data.BatchAssembler;
import io.densespark.data.Shard;
import io.densespark.data.ShardAssignment;
import io.densespark.engine.EngineConfig;
import io.densespark.engine.Engines;
import io.densespark.engine.PlanConfig;
import io.densespark.sync.rank.EpochWork;
import io.densespark.sync.tree.RankRange;
import io.densespark.train.FlatVectors;
import io.densespark.train.Replica;
import io.densespark.train.StepCounts;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The oracle of gradient sharing: one process with one plan and one updater that accumulates, in
 * each step, the micro-batches of all ranks in their order.
 */
final class Accumulated implements AutoCloseable {

  private final ComputationGraph graph;
  private final Replica replica;
  private final List<DataSet> shards;
  private final StepCounts counts;
  private final long seed;

  private Accumulated(int[] sizes, IUpdater updater, int localBatch, long seed) {
    this.graph = SyncNets.graph(updater, true);
    this.shards = SyncNets.shards(sizes);
    this.counts = new StepCounts(Arrays.stream(sizes).boxed().toList(), localBatch);
    this.seed = seed;
    PlanConfig plan =
        new PlanConfig(
            localBatch,
            1,
            PlanConfig.Purpose.TRAINING,
            1,
            SyncNets.SIDE,
            SyncNets.SIDE,
            EngineConfig.defaults());
    this.replica = new Replica(graph, Engines.compile(graph.getConfiguration(), plan));
  }

  /**
   * Parameters after so many epochs over {@link SyncNets#shards} of these sizes, with batch norm.
   */
  static float[] parameters(int[] sizes, IUpdater updater, int localBatch, int epochs, long seed) {
    try (Accumulated training = new Accumulated(sizes, updater, localBatch, seed)) {
      for (int epoch = 0; epoch < epochs; epoch++) {
        for (int step = 0; step < training.counts.stepsPerEpoch(); step++) {
          training.step(epoch, step);
        }
        training.graph.incrementEpochCount();
      }
      return FlatVectors.toArray(training.graph.params());
    }
  }

  private void step(int epoch, int step) {
    replica.flatGradient().values().put(sum(RankRange.all(shards.size()), epoch, step));
    replica.apply(counts.globalExamplesAt(step));
  }

  /** Along the tree of ranks. */
  private float[] sum(RankRange ranks, int epoch, int step) {
    float[] sum = new float[replica.flatGradient().values().capacity()];
    if (ranks.size() == 1) {
      microBatch(ranks.from(), epoch, step);
      replica.flatGradient().values().get(sum);
      return sum;
    }
    List<RankRange> halves = ranks.branches(new RankRange(ranks.from(), ranks.to() - 1));
    int middle = halves.get(0).to();
    float[] left = sum(new RankRange(ranks.from(), middle), epoch, step);
    float[] right = sum(new RankRange(middle, ranks.to()), epoch, step);
    for (int i = 0; i < sum.length; i++) {
      sum[i] = left[i] + right[i];
    }
    return sum;
  }

  private void microBatch(int rank, int epoch, int step) {
    int n = counts.examplesAt(rank, step);
    if (n == 0) {
      replica.flatGradient().clear();
      return;
    }
    Shard shard = Shard.of(List.of(shards.get(rank)).iterator());
    BatchAssembler.Batch batch =
        new BatchAssembler(shard, BatchAssembler.PixelFormat.FLOAT32, 0, Augmentation.none())
            .assemble(
                ShardAssignment.of(EpochWork.mix(seed, rank, 1), 0, 1, shard.size()).order(epoch),
                step * counts.localBatch(),
                n,
                epoch);
    replica.gradient(batch.features(), batch.labels(), 0);
    replica.flatGradient().weighStatistics(n, counts.globalExamplesAt(step));
  }

  @Override
  public void close() {
    replica.close();
  }
}
