package io.densespark.sync.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.densespark.sync.master.CompiledTrainingMaster;
import io.densespark.sync.master.LocalSpark;
import io.densespark.sync.master.SyncNets;
import io.densespark.train.UpdateConfig;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;

/** Oracle: what DL4J's convolution puts out for each local batch, and its moments in double. */
class NormEstimationTest {

  private static final int LOCAL_BATCH = 12;

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark(2);

  @Test
  void statisticsAreThoseOfTheBatchesUnderTheLastParameters() {
    // A local batch a shard: which examples are in a batch is then no matter of order.
    List<DataSet> shards = SyncNets.shards(LOCAL_BATCH, LOCAL_BATCH - 5);
    ComputationGraph graph = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
    fit(graph, shards, UpdateConfig.PLAIN.withNormBatches(3));

    assertIsEstimatedFrom(shards, graph);
  }

  @Test
  void statisticsOfTheMovingAverageAreUnderTheAverage() {
    List<DataSet> shards = SyncNets.shards(LOCAL_BATCH, LOCAL_BATCH);
    ComputationGraph graph = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
    ComputationGraph without = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
    UpdateConfig averaged = UpdateConfig.PLAIN.withEmaDecay(0.9);
    CompiledTrainingMaster master = fit(graph, shards, averaged.withNormBatches(1));
    fit(without, shards, averaged);
    assertThat(graph.params()).as("the parameters in training").isEqualTo(without.params());

    ComputationGraph average = SyncNets.graph(new Nesterovs(0.05, 0.9), true);
    average.params().assign(Nd4j.createFromArray(master.ema()));
    assertIsEstimatedFrom(shards, average);
  }

  private static CompiledTrainingMaster fit(
      ComputationGraph graph, List<DataSet> shards, UpdateConfig update) {
    CompiledTrainingMaster master =
        CompiledTrainingMaster.builder(shards.size() * LOCAL_BATCH).update(update).build();
    SparkComputationGraph network = new SparkComputationGraph(SPARK.context(), graph, master);
    for (int epoch = 0; epoch < 4; epoch++) {
      network.fit(SPARK.context().parallelize(shards, shards.size()));
    }
    return master;
  }

  private static void assertIsEstimatedFrom(List<DataSet> batches, ComputationGraph graph) {
    int channels = (int) graph.getParam("norm_mean").length();
    double[] mean = new double[channels];
    double[] variance = new double[channels];
    int all = batches.stream().mapToInt(DataSet::numExamples).sum();
    for (DataSet batch : batches) {
      INDArray out = graph.feedForward(new INDArray[] {batch.getFeatures()}, false).get("conv");
      double share = (double) batch.numExamples() / all;
      for (int c = 0; c < channels; c++) {
        double[] values = out.tensorAlongDimension(c, 0, 2, 3).dup('c').data().asDouble();
        double ofBatch = 0;
        for (double value : values) {
          ofBatch += value / values.length;
        }
        mean[c] += share * ofBatch;
        for (double value : values) {
          variance[c] += share * (value - ofBatch) * (value - ofBatch) / values.length;
        }
      }
    }
    for (int c = 0; c < channels; c++) {
      double logStd = graph.getParam("norm_log10stdev").getDouble(c);
      assertThat(graph.getParam("norm_mean").getDouble(c)).isCloseTo(mean[c], within(1e-5));
      assertThat(Math.pow(10, 2 * logStd)).isCloseTo(variance[c], within(1e-4 * variance[c]));
    }
  }
}
