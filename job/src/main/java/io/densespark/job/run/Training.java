package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.data.ImageSet;
import io.densespark.data.LabelledImages;
import io.densespark.data.ShardedDataSets;
import io.densespark.engine.PlanConfig;
import io.densespark.evaluation.ClusterEvaluator;
import io.densespark.evaluation.ExampleResults;
import io.densespark.metrics.MistakeRecord;
import io.densespark.model.DenseNetGraph;
import io.densespark.sync.CompiledTrainingMaster;
import io.densespark.sync.Dl4jMasters;
import io.densespark.sync.SnapshotKeeper;
import io.densespark.sync.StepObserver;
import io.densespark.sync.SyncConfig;
import io.densespark.sync.SyncException;
import io.densespark.train.DivergedException;
import io.densespark.train.FlatVectors;
import io.densespark.train.LearningRateSchedule;
import io.densespark.train.Optimizers;
import io.densespark.train.StepCounts;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.nd4j.linalg.dataset.DataSet;

/** The model, the data and the master of a run, and what an epoch does with them. */
final class Training implements AutoCloseable {

  /** Examples of one DataSet of a shard; a replica draws its own batches from them. */
  private static final int SHARD_CHUNK = 4096;

  private final RunConfig config;
  private final StepCounts counts;
  private final ComputationGraph graph;
  private final CompiledTrainingMaster compiled;
  private final SparkComputationGraph spark;
  private final ClusterEvaluator evaluator;
  private final ShardedDataSets trainSet;
  private final ShardedDataSets testSet;
  private final ImageSet testImages;
  private final JavaRDD<DataSet> train;

  /** What DL4J is given: {@link #train}, held back where the start needs care. */
  private final JavaRDD<DataSet> fitted;

  private final JavaRDD<DataSet> test;

  /**
   * What an epoch of training gave.
   *
   * @param steps its steps; empty where DL4J's own master does not tell
   * @param loss mean over its examples
   * @param images examples used
   * @param seconds time of its steps, compilation and loading apart
   */
  record Epoch(List<StepMetrics> steps, double loss, long images, double seconds) {
    double imagesPerSecond() {
      return images / seconds;
    }
  }

  Training(
      RunConfig config,
      JavaSparkContext context,
      LabelledImages images,
      int replicas,
      StepObserver observer,
      SnapshotKeeper keeper) {
    this.config = config;
    int side = config.data().imageSize();
    int channels = images.train().channels();
    this.counts = StepCounts.even(images.train().size(), replicas, config.train().batchSize());
    this.graph = new ComputationGraph(configuration(config, channels, counts.stepsPerEpoch()));
    graph.init();
    TrainingMaster<?, ?> master;
    switch (config.sync().mode()) {
      case GRADIENT_SHARING, PARAMETER_AVERAGING -> {
        compiled =
            CompiledTrainingMaster.builder(config.train().batchSize())
                .sync(config.sync())
                .engine(config.engine())
                .augment(config.data().augment())
                .labelSmoothing(config.train().labelSmoothing())
                .seed(config.train().seed())
                .observer(observer)
                .snapshots(config.checkpoint().within(), keeper)
                .build();
        master = compiled;
      }
      case DL4J_PARAMETER_AVERAGING -> {
        compiled = null;
        master =
            Dl4jMasters.parameterAveraging(
                replicas, counts.localBatch(), config.sync().averagingFrequency());
      }
      case DL4J_GRADIENT_SHARING -> {
        compiled = null;
        master = Dl4jMasters.gradientSharing(context, counts.localBatch(), replicas);
      }
      default -> throw new IllegalStateException("unknown mode " + config.sync().mode());
    }
    this.spark = new SparkComputationGraph(context, graph, master);
    PlanConfig inference =
        new PlanConfig(
            config.evaluation().batchSize(),
            1,
            PlanConfig.Purpose.INFERENCE,
            channels,
            side,
            side,
            config.engine());
    this.evaluator = new ClusterEvaluator(context, inference);
    long seed = config.train().seed();
    int classes = images.classes();
    this.trainSet = new ShardedDataSets(context, images.train(), classes, side, seed, replicas);
    this.testImages = images.test();
    this.testSet =
        new ShardedDataSets(
            context, images.test(), classes, side, seed, Math.min(replicas, images.test().size()));
    this.train =
        compiled != null ? trainSet.bytes(SHARD_CHUNK) : trainSet.floats(counts.localBatch());
    this.fitted =
        config.sync().mode() == SyncConfig.Mode.DL4J_GRADIENT_SHARING
            ? Dl4jMasters.startedTogether(context, train, config.sync().timeout())
            : train;
    this.test = testSet.bytes(SHARD_CHUNK);
  }

  private static ComputationGraphConfiguration configuration(
      RunConfig config, int channels, int stepsPerEpoch) {
    LearningRateSchedule schedule =
        LearningRateSchedule.of(
            config.train().schedule(),
            config.train().optimizer().learningRate(),
            stepsPerEpoch,
            config.train().epochs());
    return DenseNetGraph.configuration(
        config.model(),
        channels,
        config.data().imageSize(),
        config.data().imageSize(),
        Optimizers.updater(config.train().optimizer(), schedule),
        config.train().l2(),
        config.train().seed());
  }

  /** Puts an earlier state of the same run into the model. */
  void restore(TrainingState earlier) {
    if (config.sync().mode() == SyncConfig.Mode.DL4J_GRADIENT_SHARING) {
      throw new SyncException(
          SyncException.Reason.PREFLIGHT,
          "DL4J's gradient sharing cannot go on with an earlier run, as its replicas count steps from 0: start it over with --fresh",
          null);
    }
    if (compiled == null) {
      earlier.restoreTo(graph);
    } else {
      compiled.resume(earlier, graph);
    }
  }

  /** A copy of the state between two epochs. */
  TrainingState state() {
    return TrainingState.of(graph)
        .with(compiled == null ? List.of() : compiled.residuals(), List.of());
  }

  StepCounts counts() {
    return counts;
  }

  ComputationGraph graph() {
    return graph;
  }

  /** Puts the shards into the executors' memory. */
  void load() {
    train.foreachPartition(data -> data.forEachRemaining(ignored -> {}));
    test.foreachPartition(data -> data.forEachRemaining(ignored -> {}));
  }

  /** Trains one epoch. */
  Epoch trainEpoch() {
    int epoch = graph.getEpochCount() + 1;
    long began = System.nanoTime();
    spark.fit(fitted);
    double wallSeconds = (System.nanoTime() - began) / 1e9;
    float[] parameters = FlatVectors.toArray(graph.params());
    int bad = FlatVectors.firstNotFinite(parameters);
    if (bad >= 0) {
      throw DivergedException.parameter(bad, parameters[bad], epoch);
    }
    if (compiled == null) {
      boolean shared = config.sync().mode() == SyncConfig.Mode.DL4J_GRADIENT_SHARING;
      if (shared) {
        // DL4J's replicas count steps; its driver does not.
        graph.getConfiguration().setIterationCount(epoch * counts.stepsPerEpoch());
      }
      double loss = shared ? graph.score() : spark.getScore();
      if (!Double.isFinite(loss)) {
        throw DivergedException.loss(loss, epoch, graph.getIterationCount());
      }
      return new Epoch(List.of(), loss, counts.examples(), wallSeconds);
    }
    List<StepMetrics> steps = compiled.lastSteps();
    long images = 0;
    double lossSum = 0;
    long nanos = 0;
    for (StepMetrics step : steps) {
      images += step.examples();
      lossSum += step.loss() * step.examples();
      nanos += step.totalNanos();
    }
    return new Epoch(steps, lossSum / images, images, nanos / 1e9);
  }

  /** What the replicas' plans run on, in a line; empty before the first epoch. */
  String engineFacts() {
    if (compiled == null || compiled.lastPlan() == null) {
      return "";
    }
    var plan = compiled.lastPlan();
    return "%s on %s, %d MB of native memory a replica, compiled in %.1f s"
        .formatted(
            plan.engine(),
            plan.instructionSet(),
            plan.arenaBytes() >> 20,
            plan.compileMillis() / 1000);
  }

  /** Measures the model on the test images. */
  ExampleResults evaluate() {
    return evaluator.evaluate(graph.getConfiguration(), FlatVectors.toArray(graph.params()), test);
  }

  /** What an evaluation found wrong, with the images. */
  List<MistakeRecord> mistakes(int epoch, ExampleResults results) {
    return MistakeRecords.of(epoch, results.mistakes(), testImages, testSet.order());
  }

  /** Waits for the executors: what the end of Spark overtakes is logged as a failure. */
  @Override
  public void close() {
    train.unpersist(true);
    test.unpersist(true);
    trainSet.close();
    testSet.close();
  }
}
