package io.densespark.evaluation;

import io.densespark.devices.TaskGpu;
import io.densespark.engine.ConfinedPool;
import io.densespark.engine.InferencePlans;
import io.densespark.engine.MirroredInference;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import java.io.Serializable;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Evaluates a model over an RDD of labelled DataSets: each partition is predicted where it lies
 * with an inference plan that its executor keeps between calls.
 */
public final class ClusterEvaluator {

  private final JavaSparkContext spark;
  private final PlanConfig plan;

  /**
   * @param plan batch size, engine and input shape of the inference plans
   */
  public ClusterEvaluator(JavaSparkContext spark, PlanConfig plan) {
    this.spark = spark;
    this.plan = plan;
  }

  /**
   * Evaluates on the cluster.
   *
   * @param configuration the model's graph
   * @param parameters DL4J's flat parameter vector
   * @param data features float32 or uint8 [n, channels, height, width], labels one-hot [n, classes]
   */
  public ExampleResults evaluate(
      ComputationGraphConfiguration configuration, float[] parameters, JavaRDD<DataSet> data) {
    return evaluate(configuration, parameters, data, Plan::infer);
  }

  /** The same by the mean over each image and its mirror image. */
  public ExampleResults evaluateMirrored(
      ComputationGraphConfiguration configuration, float[] parameters, JavaRDD<DataSet> data) {
    return evaluate(configuration, parameters, data, MirroredInference::infer);
  }

  /** How images become probabilities. */
  private interface Inference extends Serializable {
    void infer(Plan plan, INDArray parameters, INDArray features, INDArray probabilities);
  }

  private ExampleResults evaluate(
      ComputationGraphConfiguration configuration,
      float[] parameters,
      JavaRDD<DataSet> data,
      Inference inference) {
    InferencePlans.Key model = InferencePlans.Key.of(configuration, plan);
    Broadcast<float[]> shared = spark.broadcast(parameters);
    try {
      // Collected rather than reduced: Spark reduces in the order of arrival.
      List<EvaluationCounts> parts =
          data.mapPartitions(batches -> count(model, shared.value(), batches, inference)).collect();
      if (parts.isEmpty()) {
        throw new IllegalArgumentException("there is nothing to evaluate: the data set is empty");
      }
      EvaluationCounts total = new EvaluationCounts(parts.get(0).classes);
      parts.forEach(total::add);
      return new ExampleResults(EvaluationResult.of(total), total.correct, total.mistakes.list());
    } finally {
      shared.destroy();
    }
  }

  private static Iterator<EvaluationCounts> count(
      InferencePlans.Key model, float[] parameters, Iterator<DataSet> batches, Inference inference)
      throws InterruptedException {
    if (!batches.hasNext()) {
      return Collections.emptyIterator();
    }
    String gpu = TaskGpu.address(TaskContext.get(), 0, model.plan().engine().needsDevice());
    try (ConfinedPool.Lease<Plan> lease = InferencePlans.lease(model.onDevice(gpu))) {
      EvaluationCounts part =
          lease.value().call(compiled -> count(compiled, parameters, batches, inference));
      return List.of(part).iterator();
    }
  }

  private static EvaluationCounts count(
      Plan compiled, float[] parameters, Iterator<DataSet> batches, Inference inference) {
    INDArray flat = Nd4j.createFromArray(parameters).reshape(1, parameters.length);
    EvaluationCounts counts = null;
    int batch = compiled.config().batchSize();
    while (batches.hasNext()) {
      DataSet data = batches.next();
      int[] labels = data.getLabels().argMax(1).toIntVector();
      int classes = (int) data.getLabels().size(1);
      counts = counts == null ? new EvaluationCounts(classes) : counts;
      for (int start = 0; start < labels.length; start += batch) {
        int n = Math.min(batch, labels.length - start);
        INDArray probabilities = Nd4j.createUninitialized(DataType.FLOAT, n, classes);
        inference.infer(
            compiled,
            flat,
            data.getFeatures().get(NDArrayIndex.interval(start, start + n)),
            probabilities);
        float[] rows = probabilities.data().asFloat();
        for (int i = 0; i < n; i++) {
          counts.add(rows, i, labels[start + i]);
        }
      }
    }
    return counts;
  }
}
