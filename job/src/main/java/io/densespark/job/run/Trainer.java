package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.dataset.ShardedDataSets;
import io.densespark.engine.PlanSummary;
import io.densespark.sync.SnapshotReceiver;
import io.densespark.sync.StepObserver;
import io.densespark.train.DivergedException;
import io.densespark.train.FlatVectors;
import io.densespark.train.StepCounts;
import io.densespark.train.TrainingState;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** Trains a model on the replicas, epoch after epoch. */
interface Trainer extends AutoCloseable {

  /**
   * What an epoch of training gave.
   *
   * @param loss mean over its examples
   * @param images examples used
   * @param seconds time of its steps, compilation and loading apart
   * @param learningRate of its last step; NaN where DL4J's own master does not tell
   * @param plan what the replicas' plans run on; empty where there are none
   */
  record Epoch(
      double loss, long images, double seconds, double learningRate, Optional<PlanSummary> plan) {}

  /**
   * The trainer for {@code sync.mode}.
   *
   * @param graph initialised; holds the model from now on
   * @param images the training images, a shard for each replica; closed with the trainer
   * @param observer told of steps
   * @param receiver takes the state within an epoch
   */
  static Trainer of(
      RunConfig config,
      JavaSparkContext context,
      ComputationGraph graph,
      StepCounts counts,
      ShardedDataSets images,
      StepObserver observer,
      SnapshotReceiver receiver) {
    return switch (config.sync().mode()) {
      case GRADIENT_SHARING, PARAMETER_AVERAGING ->
          new CompiledTrainer(config, context, graph, images, observer, receiver);
      case DL4J_PARAMETER_AVERAGING, DL4J_GRADIENT_SHARING ->
          new Dl4jTrainer(config, context, graph, counts, images);
    };
  }

  /** The model in training. */
  ComputationGraph graph();

  /**
   * The model that is evaluated and saved: {@link #graph}, or where a moving average of the
   * parameters is kept a net of that, until the next call.
   */
  default ComputationGraph model() {
    return graph();
  }

  /** By layer, what the epoch's last update was scaled by; empty for rules without such a ratio. */
  default Map<String, Double> trustRatios() {
    return Map.of();
  }

  /** Puts an earlier state of the same run into the model; the next epoch goes on from it. */
  void restore(TrainingState earlier);

  /** A copy of the state between two epochs. */
  TrainingState state();

  /** Puts the shards into the executors' memory. */
  void load();

  /**
   * Trains one epoch, or what is left of one that was begun.
   *
   * @throws DivergedException if a loss or parameter is not finite
   */
  Epoch trainEpoch();

  /** Waits for the executors: what the end of Spark overtakes is logged as a failure. */
  @Override
  void close();

  /** Throws if a parameter is not finite after an epoch, counted from 1. */
  static void requireFinite(ComputationGraph graph, int epoch) {
    float[] parameters = FlatVectors.toArray(graph.params());
    int bad = FlatVectors.firstNotFinite(parameters);
    if (bad >= 0) {
      throw DivergedException.parameter(bad, parameters[bad], epoch);
    }
  }
}
