package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.data.DataConfig;
import io.densespark.dataset.ShardedDataSets;
import io.densespark.sync.SnapshotReceiver;
import io.densespark.sync.StepObserver;
import io.densespark.sync.master.CompiledTrainingMaster;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.nd4j.linalg.dataset.DataSet;

/** Trains with compiled plans, one for each size that the images have in some epoch. */
final class CompiledTrainer implements Trainer {

  /** Examples of one DataSet of a shard; a replica draws its own batches from them. */
  static final int SHARD_CHUNK = 4096;

  private final DataConfig data;
  private final ComputationGraph graph;
  private final CompiledTrainingMaster master;
  private final SparkComputationGraph spark;
  private final ShardedDataSets images;
  private JavaRDD<DataSet> shards;
  private int side;

  /** Made when it is first wanted. */
  private ComputationGraph averaged;

  CompiledTrainer(
      RunConfig config,
      JavaSparkContext context,
      ComputationGraph graph,
      ShardedDataSets images,
      StepObserver observer,
      SnapshotReceiver receiver) {
    this.data = config.data();
    this.graph = graph;
    this.images = images;
    this.master =
        CompiledTrainingMaster.builder(config.train().batchSize())
            .sync(config.sync())
            .engine(config.engine())
            .augment(config.data().augment())
            .labelSmoothing(config.train().labelSmoothing())
            .update(config.train().update())
            .seed(config.train().seed())
            .observer(observer)
            .snapshots(config.checkpoint().within(), receiver)
            .build();
    this.spark = new SparkComputationGraph(context, graph, master);
  }

  @Override
  public ComputationGraph graph() {
    return graph;
  }

  @Override
  public ComputationGraph model() {
    TrainingState state = state();
    if (state.ema().length == 0) {
      return graph;
    }
    if (averaged == null) {
      averaged = new ComputationGraph(graph.getConfiguration().clone());
      averaged.init();
    }
    state.averaged().restoreTo(averaged);
    return averaged;
  }

  @Override
  public Map<String, Double> trustRatios() {
    return master.lastTrustRatios();
  }

  @Override
  public void restore(TrainingState earlier) {
    master.resume(earlier, graph);
  }

  @Override
  public TrainingState state() {
    return TrainingState.of(graph).withEma(master.ema()).with(master.rankStates(), List.of());
  }

  @Override
  public void load() {
    describe("placing the training images");
    place();
    shards.foreachPartition(data -> data.forEachRemaining(ignored -> {}));
  }

  /** Makes shards of the size that the images have in the coming epoch, in place of others. */
  private void place() {
    int wanted = data.trainingSize(graph.getEpochCount());
    if (wanted != side) {
      unpersist();
      shards = images.bytes(SHARD_CHUNK, wanted);
      side = wanted;
    }
  }

  private void unpersist() {
    if (shards != null) {
      shards.unpersist(true);
    }
  }

  @Override
  public Epoch trainEpoch() {
    describe("training epoch " + (graph.getEpochCount() + 1));
    place();
    spark.fit(shards);
    Trainer.requireFinite(graph, graph.getEpochCount());
    List<StepMetrics> steps = master.lastSteps();
    long examples = 0;
    double lossSum = 0;
    long nanos = 0;
    double rate = Double.NaN;
    for (StepMetrics step : steps) {
      examples += step.examples();
      lossSum += step.loss() * step.examples();
      nanos += step.totalNanos();
      rate = step.learningRate();
    }
    return new Epoch(
        lossSum / examples, examples, nanos / 1e9, rate, Optional.of(master.lastPlan()));
  }

  /** Names the jobs that follow, in Spark's web pages and event log. */
  private void describe(String what) {
    spark.getSparkContext().sc().setJobDescription(what);
  }

  @Override
  public void close() {
    master.close();
    unpersist();
  }
}
