package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.dataset.ShardedDataSets;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncException;
import io.densespark.sync.master.Dl4jMasters;
import io.densespark.train.DivergedException;
import io.densespark.train.StepCounts;
import io.densespark.train.TrainingState;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.nd4j.linalg.dataset.DataSet;

/** Trains with DL4J's own masters, which tell nothing of steps. */
final class Dl4jTrainer implements Trainer {

  private final boolean gradientSharing;
  private final ComputationGraph graph;
  private final StepCounts counts;
  private final SparkComputationGraph spark;
  private final JavaRDD<DataSet> shards;

  /** What DL4J is given: the shards, held back where the start needs care. */
  private final JavaRDD<DataSet> fitted;

  Dl4jTrainer(
      RunConfig config,
      JavaSparkContext context,
      ComputationGraph graph,
      StepCounts counts,
      ShardedDataSets images) {
    this.gradientSharing = config.sync().mode() == SyncConfig.Mode.DL4J_GRADIENT_SHARING;
    this.graph = graph;
    this.counts = counts;
    this.shards = images.floats(counts.localBatch());
    this.fitted =
        gradientSharing
            ? Dl4jMasters.startedTogether(context, shards, config.sync().timeout())
            : shards;
    this.spark =
        new SparkComputationGraph(
            context,
            graph,
            gradientSharing
                ? Dl4jMasters.gradientSharing(context, counts.localBatch(), counts.worldSize())
                : Dl4jMasters.parameterAveraging(
                    counts.worldSize(), counts.localBatch(), config.sync().averagingFrequency()));
  }

  @Override
  public ComputationGraph graph() {
    return graph;
  }

  @Override
  public void restore(TrainingState earlier) {
    if (gradientSharing) {
      throw new SyncException(
          SyncException.Reason.PREFLIGHT,
          "DL4J's gradient sharing cannot go on with an earlier run, as its replicas count steps"
              + " from 0: start it over with --fresh",
          null);
    }
    earlier.restoreTo(graph);
  }

  @Override
  public TrainingState state() {
    return TrainingState.of(graph);
  }

  @Override
  public void load() {
    shards.foreachPartition(data -> data.forEachRemaining(ignored -> {}));
  }

  @Override
  public Epoch trainEpoch() {
    long began = System.nanoTime();
    spark.fit(fitted);
    double seconds = (System.nanoTime() - began) / 1e9;
    int epoch = graph.getEpochCount();
    Trainer.requireFinite(graph, epoch);
    if (gradientSharing) {
      // DL4J's replicas count steps; its driver does not.
      graph.getConfiguration().setIterationCount(epoch * counts.stepsPerEpoch());
    }
    double loss = gradientSharing ? graph.score() : spark.getScore();
    if (!Double.isFinite(loss)) {
      throw DivergedException.loss(loss, epoch, graph.getIterationCount());
    }
    return new Epoch(loss, counts.examples(), seconds, Double.NaN, Optional.empty());
  }

  @Override
  public void close() {
    shards.unpersist(true);
  }
}
