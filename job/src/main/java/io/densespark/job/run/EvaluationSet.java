package io.densespark.job.run;

import io.densespark.config.RunConfig;
import io.densespark.dataset.Examples;
import io.densespark.dataset.ShardedDataSets;
import io.densespark.engine.PlanConfig;
import io.densespark.evaluation.ClusterEvaluator;
import io.densespark.evaluation.EvaluationResult;
import io.densespark.evaluation.ExampleResults;
import io.densespark.evaluation.Mistake;
import io.densespark.metrics.MistakeRecord;
import io.densespark.model.ModelSignature;
import io.densespark.train.FlatVectors;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Images of a run on the executors, on which its model is measured: held out, or the test images.
 */
final class EvaluationSet implements AutoCloseable {

  private final JavaSparkContext context;
  private final List<String> classNames;
  private final ShardedDataSets shards;
  private final JavaRDD<DataSet> data;
  private final ClusterEvaluator evaluator;

  EvaluationSet(
      RunConfig config,
      JavaSparkContext context,
      Examples examples,
      ModelSignature signature,
      int replicas) {
    int side = config.data().imageSize();
    this.context = context;
    this.classNames = signature.classNames();
    this.shards =
        examples.shards(
            context,
            signature.classes(),
            side,
            config.train().seed(),
            Math.min(replicas, examples.size()));
    this.data = shards.bytes(CompiledTrainer.SHARD_CHUNK);
    this.evaluator =
        new ClusterEvaluator(
            context,
            new PlanConfig(
                config.evaluation().batchSize(),
                1,
                PlanConfig.Purpose.INFERENCE,
                signature.channels(),
                side,
                side,
                config.engine()));
  }

  /** Puts the shards into the executors' memory. */
  void load() {
    context.sc().setJobDescription("placing the images to evaluate on");
    data.foreachPartition(examples -> examples.forEachRemaining(ignored -> {}));
  }

  ExampleResults evaluate(ComputationGraph graph) {
    context.sc().setJobDescription("evaluating");
    return evaluator.evaluate(graph.getConfiguration(), FlatVectors.toArray(graph.params()), data);
  }

  /** Measures by the mean over each image and its mirror image. */
  EvaluationResult evaluateMirrored(ComputationGraph graph) {
    context.sc().setJobDescription("evaluating with mirror images");
    return evaluator
        .evaluateMirrored(graph.getConfiguration(), FlatVectors.toArray(graph.params()), data)
        .result();
  }

  /** What an evaluation found wrong, with the images. */
  List<MistakeRecord> mistakes(int epoch, ExampleResults results) {
    int[] examples = results.mistakes().stream().mapToInt(Mistake::example).toArray();
    return MistakeRecords.of(
        epoch, results.mistakes(), shards.pictures(data, examples), shards.order(), classNames);
  }

  @Override
  public void close() {
    data.unpersist(true);
  }
}
