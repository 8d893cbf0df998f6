package io.densespark.sync.rank;

import io.densespark.data.Augmentation;
import io.densespark.data.BatchAssembler;
import io.densespark.data.Shard;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.RankRange;
import io.densespark.train.Replica;
import io.densespark.train.StepCounts;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Estimates batch norm's statistics anew at the end of an epoch, for the parameters that are
 * evaluated and saved: the running ones are of parameters that training has left behind. Each rank
 * computes its part of the first batches of the epoch, as training does but without random changes
 * to images, which evaluation does not see either; means and variances of the batches are averaged
 * by their examples, along the tree of ranks. PyTorch's {@code update_bn} takes the same mean.
 *
 * <p>The running statistics replaced are those of the moving average of the parameters where one is
 * kept, else those of the parameters, on which training does not depend.
 */
public final class NormEstimation {

  private NormEstimation() {}

  /** Estimates anew, where the settings ask for it; every slot calls it. */
  public static void run(StepLoop.Epoch epoch) {
    ReplicaSlot slot = epoch.slot();
    Replica replica = slot.replica();
    if (epoch.work().update().normBatches() == 0 || replica.statisticsLength() == 0) {
      return;
    }
    int steps = epoch.counts().stepsPerEpoch();
    // Until all have finished, the slot vouches for the state from which this can be repeated.
    slot.commitCopy(steps);
    replica.beginEstimate();
    List<Part> means = new ArrayList<>();
    for (int i = 0; i < epoch.shards().size(); i++) {
      int rank = epoch.collective().ranks().from() + i;
      means.add(ofRank(epoch.work(), replica, epoch.shards().get(i), rank, epoch.counts()));
    }
    epoch.collective().beginStep(steps);
    FloatBuffer mean = FloatBuffer.allocate(replica.statisticsLength());
    epoch.collective().mean(means, mean);
    replica.endEstimate(slot.consistentState(), mean.array());
    slot.commit(steps);
  }

  private static Part ofRank(
      EpochWork work, Replica replica, Shard shard, int rank, StepCounts counts) {
    StepLoop.RankBatches batches = StepLoop.batches(work, rank, shard, Augmentation.none());
    double[] sums = new double[replica.statisticsLength()];
    long examples = 0;
    for (int step = 0;
        step < Math.min(work.update().normBatches(), counts.stepsPerEpoch());
        step++) {
      int n = counts.examplesAt(rank, step);
      if (n > 0) {
        BatchAssembler.Batch batch =
            batches
                .assembler()
                .assemble(batches.order(), step * counts.localBatch(), n, work.epoch());
        long noise = EpochWork.mix(work.seed(), step, 2L + rank);
        replica.gradient(batch.features(), batch.labels(), noise);
        replica.addBatchStatistics(n, sums);
        examples += n;
      }
    }
    float[] mean = new float[sums.length];
    for (int i = 0; i < mean.length && examples > 0; i++) {
      mean[i] = (float) (sums[i] / examples);
    }
    return new Part(RankRange.of(rank), FloatBuffer.wrap(mean), Companions.of(examples));
  }
}
